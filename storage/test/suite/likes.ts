import { Code } from "@connectrpc/connect";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { SavedTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { planFor, queriesOf } from "../queries.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const order = TrackOrder.LIKED;

/** LikeTrack, and what it shows in lists. */
export function likesSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    const client = storage().client(clock);
    const userId = unique("user");
    /** Saves a track and likes it, each a millisecond after what was before. */
    const like = async (title: string) => {
      const one = track({ title });
      clock.advance(1);
      await client.saveTrack({ userId, track: one });
      clock.advance(1);
      await client.likeTrack({ userId, key: one.key, liked: true });
      return one;
    };
    return { clock, client, userId, like };
  };
  const titles = ({ tracks }: { tracks: readonly SavedTrack[] }) => tracks.map((saved) => saved.track?.title);

  describe("a like", () => {
    test("keeps its first time when it is given again, and a new one when it was taken back", async () => {
      const { clock, client, userId } = setUp();
      const one = track();
      const { savedTrack: saved } = await client.saveTrack({ userId, track: one });
      expect(saved?.likedAt).toBeUndefined();
      const like = async (liked: boolean) => {
        clock.advance(1_000);
        const { savedTrack } = await client.likeTrack({ userId, key: one.key, liked });
        expect(savedTrack).toMatchObject({ id: saved?.id, track: one });
        return savedTrack?.likedAt && timestampDate(savedTrack.likedAt);
      };
      const first = await like(true);
      expect(first).toEqual(clock());
      expect(await like(true)).toEqual(first);
      expect(await like(false)).toBeUndefined();
      expect(await like(false)).toBeUndefined();
      expect(await like(true)).toEqual(clock());
    });

    test("is an error for a track that is not in the user's music", async () => {
      const { client, userId } = setUp();
      const one = track();
      await client.saveTrack({ userId: unique("user"), track: one });
      await expectRefusal(client.likeTrack({ userId, key: one.key, liked: true }), Code.NotFound, "SAVED_TRACK_NOT_FOUND");
    });

    test("shows with the track by its key, for this user alone", async () => {
      const { client, userId, like } = setUp();
      const [liked, saved] = [await like("liked"), track()];
      await client.saveTrack({ userId, track: saved });
      const keys = [liked.key, saved.key];
      expect((await client.getTracks({ keys, userId })).tracks).toMatchObject([
        { saved: true, liked: true },
        { saved: true, liked: false },
      ]);
      await client.saveTrack({ userId: "other", track: liked });
      expect((await client.getTracks({ keys, userId: "other" })).tracks).toMatchObject([{ saved: true, liked: false }]);
    });

    test("outlives that the track is saved again, and goes with it when it is removed", async () => {
      const { client, userId, like } = setUp();
      const one = await like("one");
      const { savedTrack } = await client.saveTrack({ userId, track: one });
      expect(savedTrack?.likedAt).toBeDefined();
      await client.deleteTrack({ userId, id: savedTrack?.id ?? "" });
      expect(await client.listTracks({ userId, order })).toMatchObject({ tracks: [], totalCount: 0 });
      expect((await client.saveTrack({ userId, track: one })).savedTrack?.likedAt).toBeUndefined();
    });
  });

  describe("the order of likes", () => {
    test("has only liked tracks, the last liked first, and counts only them", async () => {
      const { client, userId, like } = setUp();
      const [a] = [await like("a"), await like("b"), await like("c")];
      await client.saveTrack({ userId, track: track({ title: "not liked" }) });
      expect(titles(await client.listTracks({ userId, order }))).toEqual(["c", "b", "a"]);
      await client.likeTrack({ userId, key: a.key, liked: false });
      expect(await client.listTracks({ userId, order, pageSize: 1 })).toMatchObject({ totalCount: 2 });
      expect((await client.listTracks({ userId })).totalCount).toBe(4);
    });

    test("puts a like that was taken back and given again in front", async () => {
      const { clock, client, userId, like } = setUp();
      const [a] = [await like("a"), await like("b")];
      await client.likeTrack({ userId, key: a.key, liked: false });
      clock.advance(1);
      await client.likeTrack({ userId, key: a.key, liked: true });
      expect(titles(await client.listTracks({ userId, order }))).toEqual(["a", "b"]);
    });

    test("filters by text like the others", async () => {
      const { client, userId, like } = setUp();
      await like("Кукушка");
      await like("Believer");
      await client.saveTrack({ userId, track: track({ title: "Кукушка" }) });
      expect(await client.listTracks({ userId, order, query: "КУКУ" })).toMatchObject({
        totalCount: 1,
        tracks: [{ track: { title: "Кукушка" } }],
      });
    });

    test("pages through likes of one millisecond", async () => {
      const { client, userId } = setUp(); // whose clock stands still
      const tracks = Array.from({ length: 13 }, (_, i) => track({ title: `${i}` }));
      for (const one of tracks) {
        await client.saveTrack({ userId, track: one });
        await client.likeTrack({ userId, key: one.key, liked: true });
      }
      const seen: (string | undefined)[] = [];
      let pageToken = "";
      do {
        const page = await client.listTracks({ userId, order, pageSize: 4, pageToken });
        seen.push(...titles(page));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      expect(seen).toHaveLength(13);
      expect(new Set(seen).size).toBe(13);
    });

    test("reads the rows of a page alone, from the index", async () => {
      const { client, userId, like } = setUp();
      for (const title of ["a", "b", "c"]) await like(title);
      const { nextPageToken: pageToken } = await client.listTracks({ userId, order, pageSize: 1 });
      const { pool } = storage();
      const [query, ...others] = await queriesOf(pool, () => client.listTracks({ userId, order, pageSize: 1, pageToken }));
      expect(others).toEqual([]);
      const plan = await planFor(pool, query ?? { text: "" });
      expect(plan).toMatch(
        /Index Scan.*saved_tracks_user_id_liked_at_id_idx.*\n.*Index Cond: .*user_id.*ROW\(.*liked_at, .*id\)/,
      );
      expect(plan).not.toMatch(/Limit[^\n]*\n\s*->\s+Sort/);
    });
  });

  describe("page tokens", () => {
    const orders = [TrackOrder.NEWEST, TrackOrder.OLDEST, TrackOrder.LIKED];

    test.each(orders)("serve no other order, query or user (order %s)", async (own) => {
      const { client, userId, like } = setUp();
      for (const title of ["aa", "ab", "ac"]) await like(title);
      const scope = { userId, query: "a", order: own, pageSize: 1 };
      const { nextPageToken: pageToken } = await client.listTracks(scope);
      expect((await client.listTracks({ ...scope, pageToken })).tracks).toHaveLength(1);
      const other = unique("user");
      await client.saveTrack({ userId: other, track: track({ title: "aa" }) });
      const foreign = [
        ...orders.filter((one) => one !== own).map((one) => ({ ...scope, order: one, pageToken })),
        { ...scope, query: "b", pageToken },
        { ...scope, query: "", pageToken },
        { ...scope, userId: other, pageToken },
      ];
      for (const request of foreign) await expectRefusal(client.listTracks(request), Code.InvalidArgument, "PAGE_TOKEN_INVALID");
    });

    test.each(orders)("are refused with any byte flipped (order %s)", async (own) => {
      const { client, userId, like } = setUp();
      for (const title of ["a", "b"]) await like(title);
      const { nextPageToken } = await client.listTracks({ userId, order: own, pageSize: 1 });
      const token = Buffer.from(nextPageToken, "base64url");
      for (let at = 0; at < token.length; at++) {
        const mangled = Buffer.from(token);
        mangled.writeUInt8(mangled.readUInt8(at) ^ 0xff, at);
        const request = { userId, order: own, pageToken: mangled.toString("base64url") };
        await expectRefusal(client.listTracks(request), Code.InvalidArgument, "PAGE_TOKEN_INVALID");
      }
    });
  });
}
