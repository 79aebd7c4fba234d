import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { describe, expect, test } from "vitest";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestStorage } from "../test-storage.js";

const DAY = 24 * 3_600_000;

/** GetTracks, SetTelegramFile and DeleteTelegramFile. */
export function knownTracksSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    return { clock, client: storage().client(clock), userId: unique("user"), botId: unique("bot") };
  };

  describe("known tracks", () => {
    test("come in the order asked, each with what this user and this bot know, and without the unknown", async () => {
      const { client, userId, botId } = setUp();
      const [one, two, three, unknown] = [track(), track(), track(), track()];
      await keep(client, [one, two, three]);
      await client.saveTrack({ userId, track: two });
      await client.setTelegramFile({ botId, url: three.url, telegramFileId: "file-3" });
      const keys = [three.key, unknown.key, one.key, two.key];
      expect((await client.getTracks({ keys, userId, botId })).tracks).toMatchObject([
        { track: three, saved: false, telegramFileId: "file-3" },
        { track: one, saved: false, telegramFileId: "" },
        { track: two, saved: true, telegramFileId: "" },
      ]);
      expect((await client.getTracks({ keys })).tracks).toMatchObject([
        { saved: false, telegramFileId: "" },
        { saved: false, telegramFileId: "" },
        { saved: false, telegramFileId: "" },
      ]);
    });

    test("answer an empty question, and one that names a key twice", async () => {
      const { client } = setUp();
      const one = track();
      await keep(client, [one, one]);
      expect((await client.getTracks({})).tracks).toEqual([]);
      expect((await client.getTracks({ keys: [one.key, one.key] })).tracks).toHaveLength(2);
    });

    test("are forgotten after 30 days, but not by a user who saved them", async () => {
      const { client, clock, userId } = setUp();
      const [one, saved] = [track(), track()];
      await keep(client, [one, saved]);
      await client.saveTrack({ userId, track: saved });
      const keys = [one.key, saved.key];
      clock.advance(30 * DAY - 1);
      expect((await client.getTracks({ keys, userId })).tracks).toHaveLength(2);
      clock.advance(1);
      expect((await client.getTracks({ keys, userId })).tracks).toMatchObject([{ track: saved, saved: true }]);
      expect((await client.getTracks({ keys })).tracks).toEqual([]);
    });

    test("are kept 30 days more by each search that finds them, as it found them", async () => {
      const { client, clock } = setUp();
      const one = track({ title: "old" });
      await keep(client, [one]);
      clock.advance(20 * DAY);
      await keep(client, [track({ url: one.url, title: "new" })]);
      clock.advance(20 * DAY);
      expect((await client.getTracks({ keys: [one.key] })).tracks).toMatchObject([{ track: { title: "new" } }]);
    });

    test("survive 20 searches at once that find the same tracks in other orders", async () => {
      const { client } = setUp();
      const tracks = Array.from({ length: 20 }, () => track());
      const rotated = tracks.map((_, i) => [...tracks.slice(i), ...tracks.slice(0, i)]);
      await Promise.all(rotated.map((found) => keep(client, found)));
      expect((await client.getTracks({ keys: tracks.map(({ key }) => key) })).tracks).toHaveLength(20);
    });
  });

  describe("Telegram files", () => {
    const fileIds = async (client: StorageClient, botId: string, key: string) => {
      const formats = [AudioFormat.UNSPECIFIED, AudioFormat.AUTO, AudioFormat.MP3, AudioFormat.M4A];
      const answers = await Promise.all(formats.map((format) => client.getTracks({ keys: [key], botId, format })));
      return answers.map(({ tracks }) => tracks[0]?.telegramFileId);
    };

    test("belong to one bot and one format, where unspecified is AUTO", async () => {
      const { client, botId } = setUp();
      const one = track();
      await keep(client, [one]);
      await client.setTelegramFile({ botId, url: one.url, telegramFileId: "auto" });
      await client.setTelegramFile({ botId, url: one.url, format: AudioFormat.MP3, telegramFileId: "mp3" });
      expect(await fileIds(client, botId, one.key)).toEqual(["auto", "auto", "mp3", ""]);
      expect(await fileIds(client, unique("bot"), one.key)).toEqual(["", "", "", ""]);
      await client.setTelegramFile({ botId, url: one.url, format: AudioFormat.AUTO, telegramFileId: "newer" });
      expect(await fileIds(client, botId, one.key)).toEqual(["newer", "newer", "mp3", ""]);
    });

    test("are forgotten when they are the one that Telegram refused, or whichever it is", async () => {
      const { client, botId } = setUp();
      const one = track();
      await keep(client, [one]);
      const file = { botId, url: one.url, format: AudioFormat.M4A };
      await client.deleteTelegramFile({ ...file, telegramFileId: "never set" });
      await client.setTelegramFile({ ...file, telegramFileId: "second" });
      await client.deleteTelegramFile({ ...file, telegramFileId: "first" });
      expect(await fileIds(client, botId, one.key)).toEqual(["", "", "", "second"]);
      await client.deleteTelegramFile({ ...file, telegramFileId: "second" });
      expect(await fileIds(client, botId, one.key)).toEqual(["", "", "", ""]);
      await client.setTelegramFile({ ...file, telegramFileId: "third" });
      await client.deleteTelegramFile(file);
      expect(await fileIds(client, botId, one.key)).toEqual(["", "", "", ""]);
    });

    test("are set by 20 callers at once without an error", async () => {
      const { client, botId } = setUp();
      const { url } = track();
      const calls = Array.from({ length: 20 }, (_, i) => client.setTelegramFile({ botId, url, telegramFileId: `${i}` }));
      await expect(Promise.all(calls)).resolves.toHaveLength(20);
    });
  });
}

async function keep(client: StorageClient, tracks: ReturnType<typeof track>[]): Promise<void> {
  await client.setSearchCache({ kind: SearchKind.QUERY, query: unique("query"), results: { tracks } });
}
