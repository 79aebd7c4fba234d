import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const DAY = 24 * 3_600_000;
const { signal } = new AbortController();

/** SetChoice and GetChoice. */
export function choicesSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    const client = storage().client(clock);
    const userId = unique("user");
    const chosen = async (query: string) => (await client.getChoice({ userId, query })).track;
    return { clock, client, userId, chosen };
  };

  describe("a choice", () => {
    test("is found by every spelling of its query, for this user alone", async () => {
      const { client, userId, chosen } = setUp();
      const one = track();
      await client.setChoice({ userId, query: "Straße  des LEBENS", track: one });
      expect(await chosen(" STRASSE des lebens ")).toEqual(one);
      expect(await chosen("strasse")).toBeUndefined();
      expect((await client.getChoice({ userId: unique("user"), query: "Straße des Lebens" })).track).toBeUndefined();
    });

    test("gives way to a later one, and to none", async () => {
      const { client, userId, chosen } = setUp();
      const [first, second] = [track({ title: "first" }), track({ title: "second" })];
      await client.setChoice({ userId, query: "q", track: first });
      await client.setChoice({ userId, query: "Q", track: second });
      expect(await chosen("q")).toEqual(second);
      await client.setChoice({ userId, query: "q" });
      await client.setChoice({ userId, query: "q" });
      expect(await chosen("q")).toBeUndefined();
    });

    test("names a track whose key is that of its url", async () => {
      const { client, userId, chosen } = setUp();
      const wrong = { ...track(), key: track().key };
      await expectRefusal(client.setChoice({ userId, query: "q", track: wrong }), Code.InvalidArgument, "TRACK_KEY_MISMATCH");
      expect(await chosen("q")).toBeUndefined();
    });

    test("is one of the last 500 of its user; one that is made again is not the oldest", async () => {
      const { clock, client, userId, chosen } = setUp();
      const one = track();
      await storage().pool.query(
        `INSERT INTO choices (user_id, key, query, track, chosen_at)
         SELECT $1, decode(lpad(to_hex(i), 64, '0'), 'hex'), 'filler', '', $2::timestamptz + i * interval '1 ms'
         FROM generate_series(2, 499) i`,
        [userId, clock()],
      );
      await client.setChoice({ userId, query: "a", track: one });
      clock.advance(1);
      await client.setChoice({ userId, query: "b", track: one });
      clock.advance(1_000);
      await client.setChoice({ userId, query: "a", track: one });
      clock.advance(1);
      await client.setChoice({ userId, query: "c", track: one });
      const { rows } = await storage().pool.query("SELECT FROM choices WHERE user_id = $1", [userId]);
      expect(rows).toHaveLength(500);
      expect([await chosen("a"), await chosen("b"), await chosen("c")]).toEqual([one, undefined, one]);
    });

    test("is made by 20 callers at once without an error", async () => {
      const { client, userId, chosen } = setUp();
      await Promise.all(Array.from({ length: 20 }, (_, i) => client.setChoice({ userId, query: `${i % 3}`, track: track() })));
      expect(await chosen("0")).toBeDefined();
    });

    test("is forgotten by a sweep when it is old", async () => {
      const { clock, client, userId, chosen } = setUp();
      await client.setChoice({ userId, query: "old", track: track() });
      clock.advance(1);
      await client.setChoice({ userId, query: "young", track: track() });
      clock.advance(10 * DAY - 1);
      const { choices } = storage().repo;
      expect(await choices.sweep(10, clock(), AbortSignal.abort())).toBe(0);
      expect(await choices.sweep(10, clock(), signal)).toBeGreaterThanOrEqual(1);
      expect(await chosen("old")).toBeUndefined();
      expect(await chosen("young")).toBeDefined();
    });
  });
}
