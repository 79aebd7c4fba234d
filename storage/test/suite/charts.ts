import { toBinary } from "@bufbuild/protobuf";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { ChartPeriod } from "@refrain/gen/refrain/storage/v1/statistics_pb";
import * as fc from "fast-check";
import type { Sql } from "sql-template-tag";
import { beforeEach, describe, expect, test } from "vitest";
import { countPlay } from "../../src/repo/charts.js";
import { utcDay } from "../../src/utc-day.js";
import { track } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const DAY = 24 * 3_600_000;
const YEARS = 4_000;
const RUNS = 20;
const SLOW_MS = 120_000;
const { signal } = new AbortController();
const PERIODS = [ChartPeriod.DAY, ChartPeriod.WEEK, ChartPeriod.ALL_TIME] as const;

type Step =
  | { readonly kind: "play"; readonly track: number; readonly daysBehind: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "sweep" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("play"), track: fc.nat({ max: 4 }), daysBehind: fc.constant(0) }) },
  // The clocks of two replicas differ.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("play"), track: fc.nat({ max: 4 }), daysBehind: fc.nat({ max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.integer({ min: 1, max: 4 * DAY }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "sweep" }) },
);

/** ListTopTracks. */
export function chartsSuite(storage: () => TestStorage): void {
  // Nothing is repeated here, so that a deadlock would be seen.
  const db = { run: async ({ text, values }: Sql) => (await storage().pool.query({ text, values })).rowCount ?? 0 };
  const play = (one: Track, now: Date) => countPlay(db, { trackKey: one.key, track: toBinary(TrackSchema, one) }, now);
  const sweep = (now: Date, days = YEARS) => storage().repo.charts.sweep(days, now, signal);
  const chart = async (period: ChartPeriod) => {
    const { tracks } = await storage().client().listTopTracks({ period, limit: 100 });
    return Object.fromEntries(tracks.map((top) => [top.track?.key, Number(top.plays)]));
  };
  const charts = async () => Object.fromEntries(await Promise.all(PERIODS.map(async (period) => [period, await chart(period)])));
  const clear = () => storage().pool.query("TRUNCATE track_days, track_totals");

  describe("the charts", () => {
    beforeEach(clear);

    test("are empty before anything was played", async () => {
      expect(await charts()).toEqual({ [ChartPeriod.DAY]: {}, [ChartPeriod.WEEK]: {}, [ChartPeriod.ALL_TIME]: {} });
    });

    test("have most plays first, as many tracks as asked for, and ties always in the same order", async () => {
      const [client, now] = [storage().client(), new Date()];
      const tracks = Array.from({ length: 25 }, (_, i) => track({ title: `${i}` }));
      for (const [i, played] of tracks.entries()) {
        for (let n = 0; n <= i / 5; n++) await play(played, now);
      }
      for (const period of [ChartPeriod.UNSPECIFIED, ...PERIODS]) {
        const all = (await client.listTopTracks({ period, limit: 100 })).tracks;
        expect(all.map(({ plays }) => Number(plays))).toEqual(tracks.map((_, i) => 5 - Math.floor(i / 5)));
        expect((await client.listTopTracks({ period })).tracks).toEqual(all.slice(0, 20));
        expect((await client.listTopTracks({ period, limit: 7 })).tracks).toEqual(all.slice(0, 7));
      }
    });

    test("show a track as it was when it was last sent", async () => {
      const old = track({ title: "old" });
      await play(old, new Date());
      await play(track({ url: old.url, title: "new" }), new Date());
      const { tracks } = await storage().client().listTopTracks({});
      expect(tracks).toMatchObject([{ track: { key: old.key, title: "new" }, plays: 2n }]);
    });

    test("keep a play for today and yesterday, for a week, and for ever", async () => {
      const clock = testClock();
      const { key } = await played(clock());
      clock.advance(DAY);
      expect(await sweep(clock())).toBe(0);
      expect(await chart(ChartPeriod.DAY)).toEqual({ [key]: 1 });
      clock.advance(DAY);
      // The day leaves with the sweep, not with midnight.
      expect(await chart(ChartPeriod.DAY)).toEqual({ [key]: 1 });
      expect(await sweep(clock())).toBe(1);
      expect(await chart(ChartPeriod.DAY)).toEqual({});
      clock.advance(4 * DAY);
      expect(await sweep(clock())).toBe(0);
      expect(await chart(ChartPeriod.WEEK)).toEqual({ [key]: 1 });
      clock.advance(DAY);
      expect(await sweep(clock())).toBe(1);
      expect(await chart(ChartPeriod.WEEK)).toEqual({});
      expect(await chart(ChartPeriod.ALL_TIME)).toEqual({ [key]: 1 });
    });

    test("go through more days than one statement takes, and go on where they were told to stop", async () => {
      await fill(1_234);
      const now = new Date();
      expect(await storage().repo.charts.sweep(YEARS, now, AbortSignal.abort())).toBe(0);
      expect(await sweep(now)).toBe(2 * 1_234);
      expect(await chart(ChartPeriod.DAY)).toEqual({});
      expect(await chart(ChartPeriod.WEEK)).toEqual({});
      await expectSums();
    });

    test("forget old days but not their plays", async () => {
      const clock = testClock();
      const { key } = await played(clock());
      clock.advance(19 * DAY);
      await sweep(clock(), 20);
      expect(await days()).toBe(1);
      clock.advance(DAY);
      await sweep(clock(), 20);
      expect(await days()).toBe(0);
      expect(await chart(ChartPeriod.ALL_TIME)).toEqual({ [key]: 1 });
    });
  });

  describe("the charts", { timeout: SLOW_MS }, () => {
    test("say after a sweep what a list of all plays says, whatever came before", async () => {
      const tracks = Array.from({ length: 5 }, () => track());
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          await clear();
          const clock = testClock();
          const plays: { readonly key: string; readonly day: string }[] = [];
          for (const next of steps) {
            if (next.kind === "wait") clock.advance(next.ms);
            else if (next.kind === "sweep") await sweep(clock());
            else {
              const [one, at] = [tracks[next.track] ?? track(), new Date(clock().getTime() - next.daysBehind * DAY)];
              await play(one, at);
              plays.push({ key: one.key, day: utcDay(at) });
            }
            await expectSums();
          }
          await sweep(clock());
          const since = (first: string) => countBy(plays.filter(({ day }) => day >= first).map(({ key }) => key));
          expect(await charts()).toEqual({
            [ChartPeriod.DAY]: since(utcDay(clock(), 1)),
            [ChartPeriod.WEEK]: since(utcDay(clock(), 6)),
            [ChartPeriod.ALL_TIME]: since(""),
          });
        }),
        { numRuns: RUNS },
      );
    });

    test("lose and double nothing while many play, and several sweep at once", async () => {
      await clear();
      const now = new Date();
      const tracks = Array.from({ length: 6 }, () => track());
      const times = Array.from({ length: 9 }, (_, i) => new Date(now.getTime() - i * DAY));
      const plays = Array.from({ length: 40 }, () => tracks.flatMap((one) => times.map((at) => ({ one, at })))).flat();
      const playing = Array.from({ length: 8 }, async (_, worker) => {
        for (const [i, { one, at }] of plays.entries()) if (i % 8 === worker) await play(one, at);
      });
      const over = new AbortController();
      const sweeping = Array.from({ length: 3 }, async () => {
        while (!over.signal.aborted) await sweep(now);
      });
      await Promise.allSettled(playing);
      over.abort();
      await Promise.all([...playing, ...sweeping]);
      await sweep(now);
      const each = (number: number) => Object.fromEntries(tracks.map(({ key }) => [key, number]));
      expect(await charts()).toEqual({
        [ChartPeriod.DAY]: each(2 * 40),
        [ChartPeriod.WEEK]: each(7 * 40),
        [ChartPeriod.ALL_TIME]: each(9 * 40),
      });
      await expectSums();
    });
  });

  async function played(now: Date): Promise<Track> {
    const one = track();
    await play(one, now);
    return one;
  }

  async function days(): Promise<number> {
    const { rows } = await storage().pool.query<{ days: number }>("SELECT count(*)::int AS days FROM track_days");
    return rows[0]?.days ?? 0;
  }

  /** So many tracks, each played twice ten days ago. */
  async function fill(tracks: number): Promise<void> {
    await storage().pool.query(
      `INSERT INTO track_days SELECT current_date - 10, 'key' || i, 2 FROM generate_series(1, ${tracks}) i;
       INSERT INTO track_totals SELECT 'key' || i, '', 2, 2, 2 FROM generate_series(1, ${tracks}) i`,
    );
  }

  /** What is true at any moment: a chart's plays are those of the days that are flagged as its. */
  async function expectSums(): Promise<void> {
    const { rows } = await storage().pool.query(
      `SELECT t.track_key, plays_day, plays_week, plays_total, days.* FROM track_totals t
       LEFT JOIN (
         SELECT track_key, sum(plays) AS total,
           coalesce(sum(plays) FILTER (WHERE in_day), 0) AS day, coalesce(sum(plays) FILTER (WHERE in_week), 0) AS week
         FROM track_days GROUP BY track_key) days ON days.track_key = t.track_key
       WHERE (plays_day, plays_week, plays_total) IS DISTINCT FROM (days.day, days.week, days.total)`,
    );
    expect(rows).toEqual([]);
  }
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
