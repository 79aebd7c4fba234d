import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { beforeEach, describe, expect, test } from "vitest";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestStorage } from "../test-storage.js";

const HOUR = 3_600_000;
const PLENTY = { searches: 1_000, tracks: 1_000 };
const { signal } = new AbortController();

/** What can be found again is removed when it is old or too much. */
export function expirySuite(storage: () => TestStorage): void {
  const keep = async (client: StorageClient, tracks = [track()]) => {
    const search = { kind: SearchKind.QUERY, query: unique("query") };
    await client.setSearchCache({ ...search, results: { tracks } });
    return search;
  };
  const count = async (table: "search_cache" | "known_tracks") => {
    const { rows } = await storage().pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0]?.count;
  };

  describe("a sweep", () => {
    beforeEach(async () => {
      await storage().pool.query("TRUNCATE search_cache, known_tracks");
    });

    test("removes what has expired and nothing else", async () => {
      const clock = testClock();
      const client = storage().client(clock);
      const { expiry } = storage().repo;
      await keep(client);
      clock.advance(24 * HOUR);
      const younger = await keep(client);
      expect(await expiry.sweep(PLENTY, clock(), signal)).toBe(0);
      clock.advance(HOUR);
      expect(await expiry.sweep(PLENTY, clock(), signal)).toBe(1);
      expect(await client.getSearchCache(younger)).toMatchObject({ cached: true });
      expect(await count("known_tracks")).toBe(2);
      clock.advance(30 * 24 * HOUR);
      await expiry.sweep(PLENTY, clock(), signal);
      expect([await count("search_cache"), await count("known_tracks")]).toEqual([0, 0]);
    });

    test("removes leases that nobody used", async () => {
      const clock = testClock();
      await storage()
        .client(clock)
        .getSearchCache({ kind: SearchKind.ARTIST, query: unique("query") });
      clock.advance(30_000);
      expect(await storage().repo.expiry.sweep(PLENTY, clock(), signal)).toBe(1);
    });

    test("leaves a lease alone that outlives the results it refreshes", async () => {
      const clock = testClock();
      const client = storage().client(clock);
      const search = await keep(client);
      clock.advance(25 * HOUR - 1);
      expect(await client.getSearchCache(search)).toMatchObject({ cached: true, refreshLease: true });
      clock.advance(1);
      await storage().repo.expiry.sweep(PLENTY, clock(), signal);
      expect(await client.getSearchCache(search)).toMatchObject({ cached: false, refreshLease: false });
    });

    test("removes the oldest above the limits", async () => {
      const clock = testClock();
      const client = storage().client(clock);
      const searches = [];
      for (let i = 0; i < 6; i++) {
        searches.push(await keep(client));
        clock.advance(1_000);
      }
      expect(await storage().repo.expiry.sweep({ searches: 2, tracks: 3 }, clock(), signal)).toBe(4 + 3);
      const answers = await Promise.all(searches.map((search) => client.getSearchCache(search)));
      expect(answers.map(({ cached }) => cached)).toEqual([false, false, false, false, true, true]);
      expect(await count("known_tracks")).toBe(3);
    });

    test("goes through more rows than one statement removes", async () => {
      await storage().pool.query(
        `INSERT INTO known_tracks SELECT 'key' || i, '', now() - interval '1 day' FROM generate_series(1, 1234) i`,
      );
      expect(await storage().repo.expiry.sweep(PLENTY, new Date(), signal)).toBe(1_234);
    });

    test("stops when it is told to", async () => {
      await storage().pool.query("INSERT INTO known_tracks VALUES ('key', '', now() - interval '1 day')");
      expect(await storage().repo.expiry.sweep(PLENTY, new Date(), AbortSignal.abort())).toBe(0);
      expect(await count("known_tracks")).toBe(1);
    });

    test("leaves users' music and uploads alone", async () => {
      const clock = testClock();
      const client = storage().client(clock);
      const [userId, botId, one] = [unique("user"), unique("bot"), track()];
      await client.saveTrack({ userId, track: one });
      await client.setTelegramFile({ botId, url: one.url, telegramFileId: "file" });
      clock.advance(1_000 * 24 * HOUR);
      await storage().repo.expiry.sweep({ searches: 0, tracks: 0 }, clock(), signal);
      const { tracks } = await client.getTracks({ keys: [one.key], userId, botId });
      expect(tracks).toMatchObject([{ saved: true, telegramFileId: "file" }]);
    });
  });
}
