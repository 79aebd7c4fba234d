import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;
const { signal } = new AbortController();

/** RestoreTrack, and what is kept for it. */
export function restoreSuite(storage: () => TestStorage): void {
  const setUp = async () => {
    const clock = testClock();
    const client = storage().client(clock);
    const userId = unique("user");
    const one = track();
    await client.saveTrack({ userId, track: one, sizeBytes: 123n });
    clock.advance(1_000);
    const { savedTrack } = await client.likeTrack({ userId, key: one.key, liked: true });
    const named = { userId, id: savedTrack?.id ?? "" };
    const refused = () => expectRefusal(client.restoreTrack(named), Code.NotFound, "SAVED_TRACK_NOT_FOUND");
    return { clock, client, userId, track: one, savedTrack, named, refused };
  };
  const rowsOf = async (userId: string) =>
    (await storage().pool.query<Record<string, unknown>>("SELECT * FROM removed_tracks WHERE user_id = $1", [userId])).rows;

  describe("restoring a track", () => {
    test("brings it back as it was within a minute, as often as it is asked for", async () => {
      const { clock, client, userId, savedTrack, named } = await setUp();
      await client.saveTrack({ userId, track: track({ title: "newer" }) });
      await client.deleteTrack(named);
      clock.advance(MINUTE - 1);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(savedTrack);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(savedTrack);
      clock.advance(DAY);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(savedTrack);
      const { tracks } = await client.listTracks({ userId, query: savedTrack?.track?.title ?? "" });
      expect(tracks).toEqual([savedTrack]);
      expect(await rowsOf(userId)).toEqual([]);
    });

    test("is too late after a minute, whether the row was emptied or not", async () => {
      const { clock, client, named, refused } = await setUp();
      await client.deleteTrack(named);
      clock.advance(MINUTE);
      await refused();
      await storage().repo.savedTracks.sweep(clock(), signal);
      await refused();
    });

    test("counts its minute from the last removal", async () => {
      const { clock, client, savedTrack, named } = await setUp();
      await client.deleteTrack(named);
      clock.advance(MINUTE - 1);
      await client.restoreTrack(named);
      await client.deleteTrack(named);
      clock.advance(MINUTE - 1);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(savedTrack);
    });

    test("leaves a track alone that was saved anew meanwhile, and still knows that the old one was removed", async () => {
      const { client, userId, track: one, named } = await setUp();
      await client.deleteTrack(named);
      const { savedTrack: anew, created } = await client.saveTrack({ userId, track: one });
      expect(created).toBe(true);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(anew);
      expect((await client.restoreTrack(named)).savedTrack).toEqual(anew);
      await client.deleteTrack(named);
      expect((await client.listTracks({ userId })).tracks).toEqual([anew]);
    });

    test("is an error for what the user never had", async () => {
      const { client, named } = await setUp();
      await client.deleteTrack(named);
      const never = [
        { ...named, userId: unique("user") },
        { ...named, id: "00000000-0000-4000-8000-000000000000" },
        { ...named, id: "1" },
      ];
      for (const request of never) await expectRefusal(client.restoreTrack(request), Code.NotFound, "SAVED_TRACK_NOT_FOUND");
    });

    test("has one result for 20 callers at once", async () => {
      const { client, userId, savedTrack, named } = await setUp();
      await client.deleteTrack(named);
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.restoreTrack(named)));
      expect(answers.map((answer) => answer.savedTrack)).toEqual(answers.map(() => savedTrack));
      expect((await client.listTracks({ userId })).totalCount).toBe(1);
    });

    test("and removing at once, many times, ends with the track here or there, never nowhere", async () => {
      const { client, userId, named } = await setUp();
      for (let round = 0; round < 3; round++) {
        const calls = Array.from({ length: 30 }, (_, i) =>
          i % 2 === 0 ? client.deleteTrack(named) : client.restoreTrack(named),
        );
        await Promise.all(calls);
      }
      const [{ totalCount }, removed] = [await client.listTracks({ userId }), await rowsOf(userId)];
      expect(totalCount + removed.length).toBe(1);
      expect(await client.restoreTrack(named)).toMatchObject({ savedTrack: { id: named.id } });
    });
  });

  describe("a sweep of removed tracks", () => {
    test("empties them after a minute, and forgets their ids after 30 days", async () => {
      const { clock, client, userId, track: one, named } = await setUp();
      await client.deleteTrack(named);
      const sweep = () => storage().repo.savedTracks.sweep(clock(), signal);
      clock.advance(MINUTE - 1);
      await sweep();
      expect(await rowsOf(userId)).toMatchObject([{ id: named.id, track_key: one.key }]);
      clock.advance(1);
      await sweep();
      const [row = {}] = await rowsOf(userId);
      const { id, user_id: owner, removed_at: removedAt, ...rest } = row;
      expect({ id, owner }).toEqual({ id: named.id, owner: userId });
      expect(removedAt).toBeInstanceOf(Date);
      expect(new Set(Object.values(rest))).toEqual(new Set([null]));
      await client.deleteTrack(named);
      clock.advance(30 * DAY - MINUTE - 1);
      await sweep();
      await client.deleteTrack(named);
      clock.advance(1);
      await sweep();
      expect(await rowsOf(userId)).toEqual([]);
    });

    test("goes through more rows than one statement changes, and stops when it is told to", async () => {
      const userId = unique("user");
      await storage().pool.query(
        `INSERT INTO removed_tracks (id, user_id, removed_at, track)
         SELECT gen_random_uuid(), $1, now() - interval '1 day', '' FROM generate_series(1, 1234)`,
        [userId],
      );
      const full = async () => (await rowsOf(userId)).filter((row) => row["track"] !== null).length;
      expect(await storage().repo.savedTracks.sweep(new Date(), AbortSignal.abort())).toBe(0);
      expect(await full()).toBe(1_234);
      await storage().repo.savedTracks.sweep(new Date(), signal);
      expect(await full()).toBe(0);
    });
  });
}
