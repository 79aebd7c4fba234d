import { toBinary } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { describe, expect, test } from "vitest";
import { markPlayed } from "../../src/repo/recent-tracks.js";

import { plainSql } from "../plain-sql.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

/** ListRecentTracks, and what a sent audio notes for it. */
export function recentTracksSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    const client = storage().client(clock);
    const userId = unique("user");
    const db = plainSql(storage().pool);
    const play = (one: Track) => markPlayed(db, { userId, trackKey: one.key, track: toBinary(TrackSchema, one) }, clock());
    const list = async (limit = 0) => (await client.listRecentTracks({ userId, limit })).tracks;
    const titles = async (limit = 0) => (await list(limit)).map((recent) => recent.track?.title);
    return { clock, userId, play, list, titles };
  };
  const rows = async (userId: string) => {
    const { rows: found } = await storage().pool.query("SELECT FROM recent_tracks WHERE user_id = $1", [userId]);
    return found.length;
  };

  describe("what was sent lately", () => {
    test("goes the last one first, each track once, as it was sent last", async () => {
      const { clock, play, list, titles } = setUp();
      const one = track({ title: "one" });
      await play(one);
      clock.advance(1);
      await play(track({ title: "two" }));
      clock.advance(1);
      await play(track({ url: one.url, title: "one, renamed" }));
      expect(await titles()).toEqual(["one, renamed", "two"]);
      const [last] = await list();
      expect(last?.playedAt && timestampDate(last.playedAt)).toEqual(clock());
    });

    test("is each user's own, and nothing for a user who was sent nothing", async () => {
      const [one, other] = [setUp(), setUp()];
      await one.play(track({ title: "one" }));
      expect(await one.titles()).toEqual(["one"]);
      expect(await other.titles()).toEqual([]);
    });

    test("is not put back by a clock that is behind", async () => {
      const { clock, play, titles } = setUp();
      const one = track({ title: "one" });
      await play(track({ title: "older" }));
      clock.advance(10);
      await play(one);
      clock.advance(-20);
      await play(one);
      expect(await titles()).toEqual(["one", "older"]);
    });

    test("is remembered for the last 100 tracks, in answers and in rows", async () => {
      const { clock, userId, play, titles } = setUp();
      const tracks = Array.from({ length: 105 }, (_, i) => track({ title: `${i}` }));
      for (const one of tracks) {
        await play(one);
        clock.advance(1);
      }
      expect(await titles(100)).toEqual(Array.from({ length: 100 }, (_, i) => `${104 - i}`));
      expect(await titles()).toHaveLength(20);
      expect(await rows(userId)).toBe(100);
      // One that is there already takes no other's place.
      await play(tracks.at(-50) ?? track());
      expect(await rows(userId)).toBe(100);
    });

    test("takes 120 tracks that are sent at once, and is bounded by the next", async () => {
      const { clock, userId, play, titles } = setUp();
      const tracks = Array.from({ length: 120 }, (_, i) => track({ title: `${i}` }));
      await Promise.all([...tracks, ...tracks].map(play));
      expect(await titles(100)).toHaveLength(100);
      clock.advance(1);
      await play(track({ title: "last" }));
      expect(await rows(userId)).toBe(100);
      expect(await titles(1)).toEqual(["last"]);
    });
  });
}
