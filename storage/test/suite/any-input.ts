import { Code } from "@connectrpc/connect";
import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { ChartPeriod } from "@refrain/gen/refrain/storage/v1/statistics_pb";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trackKey } from "../../src/track-key.js";
import { answersAnything, format, optional, RUNS, size, SLOW_MS, text, time, track } from "../arbitraries.js";
import { unique } from "../samples.js";
import type { StorageClient, TestStorage } from "../test-storage.js";

const kind = fc.constantFrom(SearchKind.UNSPECIFIED, SearchKind.QUERY, SearchKind.ARTIST, 99 as SearchKind);
const order = fc.constantFrom(TrackOrder.UNSPECIFIED, TrackOrder.NEWEST, TrackOrder.OLDEST, TrackOrder.LIKED, 99 as TrackOrder);
const period = fc.constantFrom(ChartPeriod.UNSPECIFIED, ChartPeriod.DAY, ChartPeriod.WEEK, 99 as ChartPeriod);
const results = fc.record({ tracks: fc.array(track, { maxLength: 5 }), failedSources: fc.array(text(32), { maxLength: 2 }) });

const use = fc.record({ key: text(100), searches: fc.nat({ max: 1_002 }), downloads: fc.nat({ max: 1_002 }) });

/** Whatever a caller sends: an answer, or a refusal that blames the input. */
export function anyInputSuite(storage: () => TestStorage): void {
  let made: StorageClient | undefined;
  const client = () => (made ??= storage().client());

  describe("any input", { timeout: SLOW_MS }, () => {
    test("is good enough for GetSearchCache", () =>
      answersAnything(fc.record({ kind, query: text(100) }), (request) => client().getSearchCache(request)));

    test("is good enough for SetSearchCache", () =>
      answersAnything(fc.record({ kind, query: text(100), results: optional(results) }), ({ results: found, ...request }) =>
        client().setSearchCache(found ? { ...request, results: found } : request),
      ));

    test("is good enough for GetTracks", () =>
      answersAnything(
        fc.record({
          keys: fc.array(fc.oneof(text(22), text(2048).map(trackKey)), { maxLength: 51 }),
          userId: text(50),
          botId: text(50),
          format,
        }),
        (request) => client().getTracks(request),
      ));

    test("is good enough for SaveTrack", () =>
      answersAnything(fc.record({ userId: text(50), track, sizeBytes: size }), (request) => client().saveTrack(request)));

    test("is good enough for ListTracks", () =>
      answersAnything(
        fc.record({
          userId: text(50),
          pageSize: fc.nat({ max: 102 }),
          pageToken: fc.oneof(fc.constant(""), text(500)),
          query: text(100),
          order,
        }),
        (request) => client().listTracks(request),
      ));

    test("is good enough for DeleteTrack", () =>
      answersAnything(fc.record({ userId: text(50), id: fc.oneof(text(64), fc.uuid()) }), (request) =>
        client().deleteTrack(request),
      ));

    test("is good enough for SetTelegramFile and DeleteTelegramFile", () =>
      answersAnything(fc.record({ botId: text(50), url: text(2048), format, telegramFileId: text(300) }), async (request) => {
        await client().setTelegramFile(request);
        await client().deleteTelegramFile(request);
      }));

    test("is good enough for GetUser", () =>
      answersAnything(fc.record({ userId: text(50) }), (request) => client().getUser(request)));

    test("is good enough for UpdateUser", () =>
      answersAnything(
        fc.record(
          { userId: text(50), language: text(35), format, blocked: fc.boolean(), addUse: use },
          { requiredKeys: ["userId"] },
        ),
        (request) => client().updateUser(request),
      ));

    test("is good enough for ListTopTracks and GetStats", () =>
      answersAnything(fc.record({ period, limit: fc.nat({ max: 102 }), days: fc.nat({ max: 92 }) }), async (request) => {
        await client().listTopTracks(request);
        await client().getStats(request);
      }));

    test("is good enough for RestoreTrack", () =>
      answersAnything(fc.record({ userId: text(50), id: fc.oneof(text(64), fc.uuid()) }), (request) =>
        client().restoreTrack(request),
      ));

    test("is good enough for LikeTrack", () =>
      answersAnything(fc.record({ userId: text(50), track, key: optional(text(22)), liked: fc.boolean() }), async (request) => {
        const { userId, key = request.track.key, liked } = request;
        await client().saveTrack({ userId, track: request.track });
        await client().likeTrack({ userId, key, liked });
      }));

    test("is good enough for ImportTracks", () => {
      const imported = fc.record({ track, sizeBytes: size, createdAt: time, likedAt: time }, { requiredKeys: ["track"] });
      return answersAnything(
        fc.record({ userId: text(50), tracks: fc.array(imported, { maxLength: 5 }) }),
        async ({ userId, tracks }) => {
          await client().importTracks({ userId, tracks });
          await client().listTracks({ userId });
        },
      );
    });

    test("is good enough for ListRecentTracks", () =>
      answersAnything(fc.record({ userId: text(50), limit: fc.nat({ max: 102 }) }), (request) =>
        client().listRecentTracks(request),
      ));

    test("is good enough for SetChoice and GetChoice", () =>
      answersAnything(
        fc.record({ userId: text(50), query: text(100), track: optional(track) }),
        async ({ userId, query, track: chosen }) => {
          await client().setChoice(chosen ? { userId, query, track: chosen } : { userId, query });
          expect((await client().getChoice({ userId, query })).track?.key).toBe(chosen?.key);
        },
      ));

    test("is good enough for ListUsers", () =>
      answersAnything(fc.record({ language: text(35), includeBlocked: fc.boolean(), afterUserId: text(50) }), async (request) => {
        for await (const { users } of client().listUsers(request)) expect(users.length).toBeLessThanOrEqual(500);
      }));

    test("is good enough for ExportUser and DeleteUser", () =>
      answersAnything(fc.record({ userId: text(50) }), async (request) => {
        for await (const { part } of client().exportUser(request)) expect(part.case).toBeDefined();
        await client().deleteUser(request);
      }));

    test("comes back as it was sent, when it is Unicode", async () => {
      const unicode = (maxLength: number) => fc.string({ unit: "binary", minLength: 1, maxLength });
      await fc.assert(
        fc.asyncProperty(unicode(300), unicode(300), unicode(2048), async (title, album, url) => {
          const userId = unique("user");
          const sent = { key: trackKey(url), url, title, album, source: "library" };
          await client().saveTrack({ userId, track: sent });
          const { tracks } = await client().listTracks({ userId, query: title.slice(0, 50) });
          expect(tracks).toMatchObject([{ track: sent }]);
          const known = await client().getTracks({ keys: [sent.key], userId });
          expect(known.tracks).toMatchObject([{ track: sent, saved: true }]);
        }),
        { numRuns: RUNS },
      );
    });

    test("that PostgreSQL cannot hold as a name is refused by field", async () => {
      const error = await client()
        .getUser({ userId: "a\u0000b" })
        .catch((refusal: unknown) => refusal);
      expect(error).toMatchObject({ code: Code.InvalidArgument });
      expect(String(error)).toContain("user_id");
    });
  });
}
