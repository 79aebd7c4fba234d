import { SearchKind, type GetSearchCacheResponse } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { reasonOf } from "@refrain/mesh";
import { describe, expect, test } from "vitest";
import { planFor, queriesOf } from "../queries.js";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestStorage } from "../test-storage.js";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** GetSearchCache and SetSearchCache. */
export function searchCacheSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    return { clock, client: storage().client(clock), kind: SearchKind.QUERY, query: unique("query") };
  };

  describe("the search cache", () => {
    test("knows nothing of a search nobody made, and asks one caller to make it", async () => {
      const { client, kind, query } = setUp();
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: true });
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: false });
    });

    test("gives back what was kept, with its age, and needs no refresh for an hour", async () => {
      const { client, clock, kind, query } = setUp();
      const tracks = [track({ title: "Believer" }), track({ title: "Thunder" })];
      await client.setSearchCache({ kind, query, results: { tracks } });
      const keptAt = clock();
      clock.advance(HOUR - 1);
      const answer = await client.getSearchCache({ kind, query });
      expect(summary(answer)).toEqual({ cached: true, stale: false, lease: false });
      expect(answer.results?.tracks).toEqual(tracks);
      expect(answer.cachedAt && timestampDate(answer.cachedAt)).toEqual(keptAt);
    });

    test("keeps for a minute that nothing was found", async () => {
      const { client, clock, kind, query } = setUp();
      expect(await client.setSearchCache({ kind, query, results: {} })).toMatchObject({ stored: true });
      const answer = await client.getSearchCache({ kind, query });
      expect(summary(answer)).toEqual({ cached: true, stale: false, lease: false });
      expect(answer.results?.tracks).toEqual([]);
      clock.advance(60 * SECOND);
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: true });
    });

    test("is stale after an hour, when one caller refreshes, and gone 24 hours later", async () => {
      const { client, clock, kind, query } = setUp();
      await client.setSearchCache({ kind, query, results: { tracks: [track()] } });
      clock.advance(HOUR);
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: true, stale: true, lease: true });
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: true, stale: true, lease: false });
      clock.advance(24 * HOUR - 1);
      expect(summary(await client.getSearchCache({ kind, query }))).toMatchObject({ cached: true });
      clock.advance(1);
      expect(summary(await client.getSearchCache({ kind, query }))).toMatchObject({ cached: false });
      // The lease of the last caller holds a row, and must not bring the expired results back.
      clock.advance(30 * SECOND);
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: true });
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: false });
    });

    test("gives the lease to another caller after 30 s, and to none once results are there", async () => {
      const { client, clock, kind, query } = setUp();
      await client.getSearchCache({ kind, query });
      clock.advance(30 * SECOND - 1);
      expect(summary(await client.getSearchCache({ kind, query })).lease).toBe(false);
      clock.advance(1);
      expect(summary(await client.getSearchCache({ kind, query })).lease).toBe(true);
      await client.setSearchCache({ kind, query, results: {} });
      clock.advance(HOUR);
      expect(summary(await client.getSearchCache({ kind, query })).lease).toBe(true);
    });

    test.each(["missing", "stale"])("gives the lease of a %s entry to one of 40 callers at once", async (state) => {
      const { client, clock, kind, query } = setUp();
      if (state === "stale") {
        await client.setSearchCache({ kind, query, results: {} });
        clock.advance(HOUR);
      }
      const answers = await Promise.all(Array.from({ length: 40 }, () => client.getSearchCache({ kind, query })));
      expect(answers.filter((answer) => answer.refreshLease)).toHaveLength(1);
    });

    test("keeps incomplete results for 60 s", async () => {
      const { client, clock, kind, query } = setUp();
      await client.setSearchCache({ kind, query, results: { tracks: [track()], failedSources: ["yt"] } });
      clock.advance(60 * SECOND - 1);
      const answer = await client.getSearchCache({ kind, query });
      expect(summary(answer)).toEqual({ cached: true, stale: false, lease: false });
      expect(answer.results?.failedSources).toEqual(["yt"]);
      clock.advance(1);
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: false, stale: false, lease: true });
    });

    test("never replaces complete results, fresh or stale, by incomplete ones", async () => {
      const { client, clock, kind, query } = setUp();
      const incomplete = { kind, query, results: { tracks: [track({ title: "half" })], failedSources: ["yt"] } };
      await client.setSearchCache({ kind, query, results: { tracks: [track({ title: "whole" })] } });
      expect(await client.setSearchCache(incomplete)).toMatchObject({ stored: false });
      clock.advance(25 * HOUR - 1);
      expect(await client.setSearchCache(incomplete)).toMatchObject({ stored: false });
      expect(await titles(client, query)).toEqual(["whole"]);
      clock.advance(1);
      expect(await client.setSearchCache(incomplete)).toMatchObject({ stored: true });
      expect(await titles(client, query)).toEqual(["half"]);
    });

    test("replaces incomplete results by any", async () => {
      const { client, kind, query } = setUp();
      for (const [title, failedSources] of [
        ["first", ["yt"]],
        ["second", ["yt"]],
        ["third", []],
      ] as const) {
        const results = { tracks: [track({ title })], failedSources: [...failedSources] };
        expect(await client.setSearchCache({ kind, query, results })).toMatchObject({ stored: true });
        expect(await titles(client, query)).toEqual([title]);
      }
    });

    test("takes spellings of one query for one search, and other kinds for others", async () => {
      const { client, query } = setUp();
      await client.setSearchCache({ kind: SearchKind.QUERY, query: `  Café ${query}`, results: {} });
      const decomposed = `CAFE\u0301   ${query.toUpperCase()} `;
      expect(await client.getSearchCache({ kind: SearchKind.QUERY, query: decomposed })).toMatchObject({ cached: true });
      expect(await client.getSearchCache({ kind: SearchKind.ARTIST, query: decomposed })).toMatchObject({ cached: false });
    });

    test("keeps 50 long tracks", async () => {
      const { client, kind, query } = setUp();
      const tracks = Array.from({ length: 50 }, (_, i) => track({ title: `${i}${"🎵".repeat(298)}`, album: "я".repeat(300) }));
      await client.setSearchCache({ kind, query, results: { tracks } });
      expect((await client.getSearchCache({ kind, query })).results?.tracks).toEqual(tracks);
    });

    test("refuses a track whose key is not that of its url, and keeps nothing", async () => {
      const { client, kind, query } = setUp();
      const wrong = { ...track(), key: track().key };
      const refused = client.setSearchCache({ kind, query, results: { tracks: [track(), wrong] } });
      await expect(refused).rejects.toMatchObject({ code: Code.InvalidArgument });
      expect(reasonOf(await refused.catch((error: unknown) => error))).toBe("TRACK_KEY_MISMATCH");
      expect(await client.getSearchCache({ kind, query })).toMatchObject({ cached: false });
    });

    test("answers what is fresh from memory for 10 s, and no longer than it is fresh", async () => {
      const { client, clock, kind, query } = setUp();
      const { pool } = storage();
      const queries = async () => (await queriesOf(pool, () => client.getSearchCache({ kind, query }))).length;
      await client.setSearchCache({ kind, query, results: { tracks: [track()] } });
      expect([await queries(), await queries()]).toEqual([1, 0]);
      clock.advance(10 * SECOND - 1);
      expect(await queries()).toBe(0);
      clock.advance(1);
      expect([await queries(), await queries()]).toEqual([1, 0]);
      clock.advance(HOUR - 15 * SECOND);
      expect([await queries(), await queries()]).toEqual([1, 0]);
      clock.advance(5 * SECOND);
      expect(summary(await client.getSearchCache({ kind, query }))).toEqual({ cached: true, stale: true, lease: true });
    });

    test.each([
      ["incomplete", { tracks: [track()], failedSources: ["yt"] }],
      ["empty", {}],
    ])("asks the database each time for what is %s", async (_name, results) => {
      const { client, kind, query } = setUp();
      await client.setSearchCache({ kind, query, results });
      for (let time = 0; time < 3; time++) {
        expect(await queriesOf(storage().pool, () => client.getSearchCache({ kind, query }))).toHaveLength(1);
      }
    });

    test("gives new results at once on the replica that kept them, and within 10 s on another", async () => {
      const { client: one, clock, kind, query } = setUp();
      const other = storage().client(clock);
      await one.setSearchCache({ kind, query, results: { tracks: [track({ title: "old" })] } });
      expect([await titles(one, query), await titles(other, query)]).toEqual([["old"], ["old"]]);
      await one.setSearchCache({ kind, query, results: { tracks: [track({ title: "new" })] } });
      expect(await titles(one, query)).toEqual(["new"]);
      clock.advance(10 * SECOND);
      expect(await titles(other, query)).toEqual(["new"]);
    });

    test("gives one lease across replicas, whatever they hold", async () => {
      const { client: one, clock, kind, query } = setUp();
      const replicas = [one, storage().client(clock), storage().client(clock)];
      await one.setSearchCache({ kind, query, results: { tracks: [track()] } });
      clock.advance(HOUR - 1);
      for (const replica of replicas) expect(summary(await replica.getSearchCache({ kind, query })).lease).toBe(false);
      clock.advance(1);
      const answers = await Promise.all(replicas.map((replica) => replica.getSearchCache({ kind, query })));
      expect(answers.filter(({ refreshLease }) => refreshLease)).toHaveLength(1);
      expect(answers.filter(({ stale }) => stale)).toHaveLength(3);
    });

    test("answers a hit with one query, by key", async () => {
      const { client, kind, query } = setUp();
      await client.setSearchCache({ kind, query, results: { tracks: [track()] } });
      const { pool } = storage();
      const queries = await queriesOf(pool, () => client.getSearchCache({ kind, query }));
      expect(queries).toHaveLength(1);
      for (const one of queries) expect(await planFor(pool, one)).toContain("Index Scan using search_cache_pkey");
    });
  });
}

function summary({ cached, stale, refreshLease, results, cachedAt }: GetSearchCacheResponse) {
  expect([results !== undefined, cachedAt !== undefined]).toEqual([cached, cached]);
  return { cached, stale, lease: refreshLease };
}

async function titles(client: StorageClient, query: string): Promise<string[] | undefined> {
  const { results } = await client.getSearchCache({ kind: SearchKind.QUERY, query });
  return results?.tracks.map(({ title }) => title);
}
