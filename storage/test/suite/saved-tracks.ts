import { Code } from "@connectrpc/connect";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { planFor, queriesOf } from "../queries.js";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestStorage } from "../test-storage.js";

/** SaveTrack, ListTracks and DeleteTrack. */
export function savedTracksSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    return { clock, client: storage().client(clock), userId: unique("user") };
  };

  describe("saving a track", () => {
    test("returns the entry, and returns it again when the same url is saved again", async () => {
      const { client, clock, userId } = setUp();
      const first = track({ title: "first" });
      const { savedTrack, created } = await client.saveTrack({ userId, track: first, sizeBytes: 2n ** 53n - 1n });
      expect({ created, track: savedTrack?.track, size: savedTrack?.sizeBytes }).toEqual({
        created: true,
        track: first,
        size: 2n ** 53n - 1n,
      });
      expect(savedTrack?.createdAt && timestampDate(savedTrack.createdAt)).toEqual(clock());
      clock.advance(1_000);
      const again = await client.saveTrack({ userId, track: track({ url: first.url, title: "second" }) });
      expect(again).toMatchObject({ created: false, savedTrack });
    });

    test("creates one entry for 20 callers at once", async () => {
      const { client, userId } = setUp();
      const one = track();
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.saveTrack({ userId, track: one })));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(answers.map(({ savedTrack }) => savedTrack?.id)).size).toBe(1);
    });

    test("is each user's own", async () => {
      const { client, userId } = setUp();
      const one = track();
      await client.saveTrack({ userId, track: one });
      expect(await client.saveTrack({ userId: unique("user"), track: one })).toMatchObject({ created: true });
    });

    test("refuses a key that is not that of the url", async () => {
      const { client, userId } = setUp();
      await expectRefusal(
        client.saveTrack({ userId, track: { ...track(), key: track().key } }),
        Code.InvalidArgument,
        "TRACK_KEY_MISMATCH",
      );
      expect((await client.listTracks({ userId })).totalCount).toBe(0);
    });
  });

  describe("listing tracks", () => {
    const save = async (client: StorageClient, userId: string, titles: readonly string[], clock = testClock()) => {
      for (const title of titles) {
        await client.saveTrack({ userId, track: track({ title, uploader: "", album: "" }) });
        clock.advance(1);
      }
    };

    test("gives an empty page to a user without tracks", async () => {
      const { client, userId } = setUp();
      expect(await client.listTracks({ userId })).toMatchObject({ tracks: [], totalCount: 0, nextPageToken: "" });
    });

    test("goes newest first by default, and oldest first when asked", async () => {
      const { client, clock, userId } = setUp();
      await save(client, userId, ["a", "b", "c"], clock);
      expect(titles(await client.listTracks({ userId }))).toEqual(["c", "b", "a"]);
      expect(titles(await client.listTracks({ userId, order: TrackOrder.NEWEST }))).toEqual(["c", "b", "a"]);
      expect(titles(await client.listTracks({ userId, order: TrackOrder.OLDEST }))).toEqual(["a", "b", "c"]);
    });

    test("takes 20 rows for a page when it is not told, and 100 at most", async () => {
      const { client, userId } = setUp();
      await save(
        client,
        userId,
        Array.from({ length: 101 }, (_, i) => `${i}`),
      );
      expect((await client.listTracks({ userId })).tracks).toHaveLength(20);
      const hundred = await client.listTracks({ userId, pageSize: 100 });
      expect([hundred.tracks.length, hundred.totalCount, hundred.nextPageToken !== ""]).toEqual([100, 101, true]);
      await expectRefusal(client.listTracks({ userId, pageSize: 101 }), Code.InvalidArgument, "INVALID_ARGUMENT");
    });

    test.each([TrackOrder.NEWEST, TrackOrder.OLDEST])("pages through rows of one millisecond (order %s)", async (order) => {
      const { client, userId } = setUp(); // whose clock stands still
      await Promise.all(Array.from({ length: 25 }, (_, i) => client.saveTrack({ userId, track: track({ title: `${i}` }) })));
      const pages = await allPages(client, { userId, order, pageSize: 4 });
      expect(pages.map(({ tracks }) => tracks.length)).toEqual([4, 4, 4, 4, 4, 4, 1]);
      expect(new Set(pages.flatMap(titles)).size).toBe(25);
      expect(pages.map(({ totalCount }) => totalCount)).toEqual(pages.map(() => 25));
    });

    test("has no next page when the last one is full", async () => {
      const { client, userId } = setUp();
      await save(client, userId, ["a", "b"]);
      expect((await client.listTracks({ userId, pageSize: 2 })).nextPageToken).toBe("");
    });

    test("filters by text in title, performer or album, whatever its case", async () => {
      const { client, clock, userId } = setUp();
      const fields = [
        { title: "Кукушка", uploader: "Кино", album: "Чёрный альбом" },
        { title: "100%_sure\\", uploader: "", album: "" },
        { title: "Believer", uploader: "Imagine Dragons", album: "Evolve" },
      ];
      for (const field of fields) {
        await client.saveTrack({ userId, track: track(field) });
        clock.advance(1);
      }
      const find = async (query: string) => titles(await client.listTracks({ userId, query }));
      expect(await find("КИНО")).toEqual(["Кукушка"]);
      expect(await find("чёрный  АЛЬБОМ")).toEqual(["Кукушка"]);
      expect(await find("gine dra")).toEqual(["Believer"]);
      expect(await find("believer imagine")).toEqual([]); // not across fields
      expect(await find("%")).toEqual(["100%_sure\\"]);
      expect(await find("_")).toEqual(["100%_sure\\"]);
      expect(await find("\\")).toEqual(["100%_sure\\"]);
      expect(await find("   ")).toHaveLength(3);
      const found = await client.listTracks({ userId, query: "v", pageSize: 1 });
      expect(found.totalCount).toBe(1);
    });

    test("refuses a token of another user, query or order, and one that is mangled", async () => {
      const { client, userId } = setUp();
      await save(client, userId, ["aa", "ab", "ac"]);
      const { nextPageToken: pageToken } = await client.listTracks({ userId, pageSize: 1, query: "a" });
      const scope = { userId, query: "a", pageToken, pageSize: 1 };
      expect((await client.listTracks({ ...scope, query: " A ", order: TrackOrder.NEWEST })).tracks).toHaveLength(1);
      const foreign = [
        { ...scope, userId: unique("user") },
        { ...scope, query: "b" },
        { ...scope, query: "" },
        { ...scope, order: TrackOrder.OLDEST },
        { ...scope, pageToken: `${pageToken}A` },
        { ...scope, pageToken: pageToken.slice(1) },
        { ...scope, pageToken: ` ${pageToken}` },
        { ...scope, pageToken: "next" },
      ];
      for (const request of foreign) await expectRefusal(client.listTracks(request), Code.InvalidArgument, "PAGE_TOKEN_INVALID");
    });

    test("continues behind a row that was removed meanwhile", async () => {
      const { client, clock, userId } = setUp();
      await save(client, userId, ["a", "b", "c", "d"], clock);
      const first = await client.listTracks({ userId, pageSize: 2 });
      for (const { id } of first.tracks) await client.deleteTrack({ userId, id });
      expect(titles(await client.listTracks({ userId, pageSize: 2, pageToken: first.nextPageToken }))).toEqual(["b", "a"]);
    });

    test.each([TrackOrder.NEWEST, TrackOrder.OLDEST])(
      "reads the rows of a page alone, from the index (order %s)",
      async (order) => {
        const { client, clock, userId } = setUp();
        await save(client, userId, ["a", "b", "c"], clock);
        const { nextPageToken: pageToken } = await client.listTracks({ userId, order, pageSize: 1 });
        const { pool } = storage();
        const [query, ...others] = await queriesOf(pool, () => client.listTracks({ userId, order, pageSize: 1, pageToken }));
        expect(others).toEqual([]);
        const plan = await planFor(pool, query ?? { text: "" });
        // The bound is a condition of the index, so rows of earlier pages are not even looked at; and the index is in order.
        expect(plan).toMatch(
          /Index Scan.*saved_tracks_user_id_created_at_id_idx.*\n.*Index Cond: .*user_id.*ROW\(.*created_at, .*id\)/,
        );
        expect(plan).not.toMatch(/Limit[^\n]*\n\s*->\s+Sort/);
      },
    );
  });

  describe("removing a track", () => {
    test("takes it from the list, and removing it again changes nothing", async () => {
      const { client, userId } = setUp();
      const { savedTrack } = await client.saveTrack({ userId, track: track() });
      const id = savedTrack?.id ?? "";
      await client.deleteTrack({ userId, id });
      await client.deleteTrack({ userId, id });
      expect((await client.listTracks({ userId })).totalCount).toBe(0);
    });

    test("works for 20 callers at once", async () => {
      const { client, userId } = setUp();
      const { savedTrack } = await client.saveTrack({ userId, track: track() });
      const id = savedTrack?.id ?? "";
      await expect(Promise.all(Array.from({ length: 20 }, () => client.deleteTrack({ userId, id })))).resolves.toHaveLength(20);
    });

    test("is an error for a track that the user never had", async () => {
      const { client, userId } = setUp();
      const { savedTrack } = await client.saveTrack({ userId, track: track() });
      const never = [
        { userId: unique("user"), id: savedTrack?.id ?? "" },
        { userId, id: "00000000-0000-4000-8000-000000000000" },
        { userId, id: "1" },
        { userId, id: "' OR true --" },
      ];
      for (const request of never) await expectRefusal(client.deleteTrack(request), Code.NotFound, "SAVED_TRACK_NOT_FOUND");
      expect((await client.listTracks({ userId })).totalCount).toBe(1);
    });

    test("lets it be saved anew, under another id that an old removal does not reach", async () => {
      const { client, userId } = setUp();
      const one = track();
      const first = await client.saveTrack({ userId, track: one });
      const old = { userId, id: first.savedTrack?.id ?? "" };
      await client.deleteTrack(old);
      expect(await client.saveTrack({ userId, track: one })).toMatchObject({ created: true });
      await client.deleteTrack(old);
      expect((await client.listTracks({ userId })).totalCount).toBe(1);
    });
  });
}

function titles({ tracks }: Awaited<ReturnType<StorageClient["listTracks"]>>): (string | undefined)[] {
  return tracks.map((saved) => saved.track?.title);
}

async function allPages(client: StorageClient, request: Parameters<StorageClient["listTracks"]>[0]) {
  const pages = [await client.listTracks(request)];
  for (let token = pages[0]?.nextPageToken; token; token = pages.at(-1)?.nextPageToken) {
    pages.push(await client.listTracks({ ...request, pageToken: token }));
  }
  return pages;
}
