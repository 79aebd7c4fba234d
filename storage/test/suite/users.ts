import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { describe, expect, test } from "vitest";
import { unique } from "../samples.js";
import type { TestStorage } from "../test-storage.js";

/** GetUser and UpdateUser. */
export function usersSuite(storage: () => TestStorage): void {
  const setUp = () => ({ client: storage().client(), userId: unique("user") });

  describe("a user's settings", () => {
    test("are the defaults for a user who never set any", async () => {
      const { client, userId } = setUp();
      const { user } = await client.getUser({ userId });
      expect(user).toMatchObject({ userId, language: "", format: AudioFormat.AUTO, blocked: false });
    });

    test("change field by field; what is absent stays", async () => {
      const { client, userId } = setUp();
      expect((await client.updateUser({ userId, language: "ru" })).user).toMatchObject({
        language: "ru",
        format: AudioFormat.AUTO,
      });
      expect((await client.updateUser({ userId, format: AudioFormat.MP3 })).user).toMatchObject({
        language: "ru",
        blocked: false,
      });
      await client.updateUser({ userId, blocked: true });
      const all = { userId, language: "ru", format: AudioFormat.MP3, blocked: true };
      expect((await client.getUser({ userId })).user).toMatchObject(all);
      expect((await client.updateUser({ userId })).user).toMatchObject(all);
    });

    test("go back to the defaults", async () => {
      const { client, userId } = setUp();
      await client.updateUser({ userId, language: "pt-BR", format: AudioFormat.M4A, blocked: true });
      const { user } = await client.updateUser({ userId, language: "", format: AudioFormat.UNSPECIFIED, blocked: false });
      expect(user).toMatchObject({ language: "", format: AudioFormat.AUTO, blocked: false });
    });

    test("take changes of 20 callers at once", async () => {
      const { client, userId } = setUp();
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => client.updateUser({ userId, ...(i % 2 ? { language: "en" } : { blocked: true }) })),
      );
      expect((await client.getUser({ userId })).user).toMatchObject({ language: "en", blocked: true });
    });
  });
}
