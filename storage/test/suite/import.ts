import { Code } from "@connectrpc/connect";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

/** ImportTracks. */
export function importTracksSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    const client = storage().client(clock);
    const userId = unique("user");
    const titles = async (order = TrackOrder.OLDEST) =>
      (await client.listTracks({ userId, order, pageSize: 100 })).tracks.map((saved) => saved.track?.title);
    const at = (ms: number) => timestampFromDate(new Date(clock().getTime() + ms));
    return { clock, client, userId, titles, at };
  };

  describe("importing tracks", () => {
    test("keeps when they were saved and liked, and their size; lists go by these times", async () => {
      const { client, userId, titles, at } = setUp();
      await client.saveTrack({ userId, track: track({ title: "here" }) });
      const tracks = [
        { track: track({ title: "second" }), createdAt: at(-1_000), likedAt: at(-900), sizeBytes: 2n ** 53n - 1n },
        { track: track({ title: "first" }), createdAt: at(-2_000), likedAt: at(-800) },
      ];
      expect(await client.importTracks({ userId, tracks })).toMatchObject({ imported: 2, known: 0 });
      expect(await titles()).toEqual(["first", "second", "here"]);
      expect(await titles(TrackOrder.LIKED)).toEqual(["first", "second"]);
      const { tracks: found } = await client.listTracks({ userId, query: "SECOND" });
      expect(found).toMatchObject([tracks[0]]);
    });

    test("leaves those alone that are there, and takes a track once that is sent twice", async () => {
      const { client, userId, titles, at } = setUp();
      const [known, twice] = [track({ title: "known" }), track({ title: "twice" })];
      const { savedTrack } = await client.saveTrack({ userId, track: known });
      const tracks = [
        { track: twice },
        { track: track({ url: known.url, title: "known, renamed" }), createdAt: at(-1_000), likedAt: at(-1_000) },
        { track: track({ url: twice.url, title: "twice, renamed" }) },
      ];
      expect(await client.importTracks({ userId, tracks })).toMatchObject({ imported: 1, known: 1 });
      expect(new Set(await titles())).toEqual(new Set(["known", "twice"]));
      expect(await titles()).toHaveLength(2);
      expect((await client.saveTrack({ userId, track: known })).savedTrack).toEqual(savedTrack);
      expect(await client.importTracks({ userId, tracks })).toMatchObject({ imported: 0, known: 2 });
    });

    test("takes no time in the future, and none from before the calendar", async () => {
      const { clock, client, userId, at } = setUp();
      const past = { seconds: -(2n ** 62n), nanos: 0 };
      const tracks = [
        { track: track({ title: "future" }), createdAt: at(3_600_000), likedAt: at(3_600_000) },
        { track: track({ title: "absent" }) },
        { track: track({ title: "ancient" }), createdAt: past, likedAt: past },
      ];
      await client.importTracks({ userId, tracks });
      const found = (await client.listTracks({ userId })).tracks;
      const times = new Map(
        found.map(({ track: of, createdAt, likedAt }) => [
          of?.title,
          [createdAt, likedAt].map((time) => time && timestampDate(time)),
        ]),
      );
      expect(times.get("future")).toEqual([clock(), clock()]);
      expect(times.get("absent")).toEqual([clock(), undefined]);
      expect(times.get("ancient")?.[0]?.getUTCFullYear()).toBe(1);
    });

    test("is paged like all else, whatever the century", async () => {
      const { client, userId, titles } = setUp();
      const years = ["0001", "0999", "1582", "1883", "1969", "2001"];
      const tracks = years.map((year) => {
        const createdAt = timestampFromDate(new Date(`${year}-02-03T04:05:06.789Z`));
        return { track: track({ title: year }), createdAt, likedAt: createdAt };
      });
      await client.importTracks({ userId, tracks });
      for (const order of [TrackOrder.NEWEST, TrackOrder.OLDEST, TrackOrder.LIKED]) {
        const seen: (string | undefined)[] = [];
        let pageToken = "";
        do {
          const page = await client.listTracks({ userId, order, pageSize: 1, pageToken });
          seen.push(...page.tracks.map((saved) => saved.track?.title));
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
        expect(seen).toEqual(order === TrackOrder.OLDEST ? years : years.toReversed());
      }
      expect(await titles()).toEqual(years);
    });

    test("is all or nothing", async () => {
      const { client, userId, titles } = setUp();
      const tracks = [{ track: track() }, { track: { ...track(), key: track().key } }];
      await expectRefusal(client.importTracks({ userId, tracks }), Code.InvalidArgument, "TRACK_KEY_MISMATCH");
      expect(await titles()).toEqual([]);
    });

    test("takes 500 at a time, and no more", async () => {
      const { client, userId } = setUp();
      const tracks = Array.from({ length: 501 }, () => ({ track: track() }));
      await expectRefusal(client.importTracks({ userId, tracks }), Code.InvalidArgument, "INVALID_ARGUMENT");
      expect(await client.importTracks({ userId, tracks: tracks.slice(1) })).toMatchObject({ imported: 500 });
    });

    test("survives 10 imports at once of the same tracks in other orders, beside saves of them", async () => {
      const { client, userId } = setUp();
      const tracks = Array.from({ length: 100 }, () => ({ track: track() }));
      const rotated = Array.from({ length: 10 }, (_, i) => [...tracks.slice(i * 10), ...tracks.slice(0, i * 10)]);
      const saves = tracks.map(({ track: one }) => client.saveTrack({ userId, track: one }));
      const answers = await Promise.all(rotated.map((some) => client.importTracks({ userId, tracks: some })));
      const saved = (await Promise.all(saves)).filter(({ created }) => created);
      expect(saved.length + answers.reduce((sum, { imported }) => sum + imported, 0)).toBe(100);
      for (const { imported, known } of answers) expect(imported + known).toBe(100);
    });
  });
}
