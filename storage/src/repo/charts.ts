import sql, { raw } from "sql-template-tag";
import { utcDay } from "../utc-day.js";
import { BATCH_LIMIT, inBatches } from "./in-batches.js";
import type { Sql } from "./sql.js";

/** A track that was sent to somebody. */
export interface Play {
  readonly trackKey: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
}

/** Day: today and yesterday. Week: today and the six days before. All in UTC. */
export type ChartPeriod = "day" | "week" | "all_time";

interface TopTrackRecord {
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly plays: bigint;
}

export interface Charts {
  /** Most plays first. */
  top(period: ChartPeriod, limit: number): Promise<TopTrackRecord[]>;
  /**
   * Takes what is over out of the charts of day and week, and removes the days before the last `statisticsDays`, at least 8. Returns
   * how many rows it touched. Stops early when `signal` aborts; several at once share the work.
   */
  sweep(statisticsDays: number, now: Date, signal: AbortSignal): Promise<number>;
}

const CHARTS = {
  day: (limit: number) => sql`
    SELECT track, plays_day::bigint AS plays FROM track_totals
    WHERE plays_day > 0 ORDER BY plays_day DESC, track_key LIMIT ${limit}`,
  week: (limit: number) => sql`
    SELECT track, plays_week::bigint AS plays FROM track_totals
    WHERE plays_week > 0 ORDER BY plays_week DESC, track_key LIMIT ${limit}`,
  all_time: (limit: number) => sql`
    SELECT track, plays_total AS plays FROM track_totals ORDER BY plays_total DESC, track_key LIMIT ${limit}`,
};

const WINDOWS = [
  { flag: raw("in_day"), plays: raw("plays_day"), daysBefore: 1 },
  { flag: raw("in_week"), plays: raw("plays_week"), daysBefore: 6 },
];

/**
 * Counts a play. It holds up other plays of the track until its transaction ends, so it comes last there.
 *
 * The plays of a day are part of a chart exactly as long as the day's flag says so. That is also true of a clock that runs behind: what
 * it adds to a day that has left a chart stays out, and a day that it makes anew is taken out by the next sweep.
 */
export async function countPlay(db: Pick<Sql, "run">, { trackKey, track }: Play, now: Date): Promise<void> {
  // The day before the total: a sweep locks them in the same order.
  await db.run(sql`
    WITH today AS (
      INSERT INTO track_days AS d (day, track_key, plays) VALUES (${utcDay(now)}::date, ${trackKey}, 1)
      ON CONFLICT (day, track_key) DO UPDATE SET plays = d.plays + 1
      RETURNING d.in_day, d.in_week)
    INSERT INTO track_totals AS t (track_key, track, plays_day, plays_week, plays_total)
    SELECT ${trackKey}, ${track}::bytea, in_day::int, in_week::int, 1 FROM today
    ON CONFLICT (track_key) DO UPDATE SET
      track = excluded.track,
      plays_day = t.plays_day + excluded.plays_day,
      plays_week = t.plays_week + excluded.plays_week,
      plays_total = t.plays_total + 1`);
}

export function createCharts(db: Sql): Charts {
  /** Flag and plays change in one statement, so that plays leave once, whatever dies. Totals are locked in one order. */
  const leave = async ({ flag, plays, daysBefore }: (typeof WINDOWS)[number], now: Date): Promise<number> => {
    const [row] = await db.write<{ days: number }>(sql`
      WITH gone AS (
        SELECT day, track_key FROM track_days WHERE ${flag} AND day < ${utcDay(now, daysBefore)}::date
        ORDER BY day ${BATCH_LIMIT} FOR UPDATE SKIP LOCKED),
      taken AS (
        UPDATE track_days d SET ${flag} = false FROM gone WHERE d.day = gone.day AND d.track_key = gone.track_key
        RETURNING d.track_key, d.plays),
      sums AS (SELECT track_key, sum(plays)::int AS plays FROM taken GROUP BY track_key),
      held AS (
        SELECT t.track_key, sums.plays FROM track_totals t JOIN sums ON sums.track_key = t.track_key
        ORDER BY t.track_key FOR UPDATE OF t),
      subtracted AS (
        UPDATE track_totals t SET ${plays} = t.${plays} - held.plays FROM held WHERE t.track_key = held.track_key)
      SELECT count(*)::int AS days FROM taken`);
    return row?.days ?? 0;
  };

  const forget = (statisticsDays: number, now: Date) =>
    db.run(sql`
      DELETE FROM track_days WHERE (day, track_key) IN (
        SELECT day, track_key FROM track_days
        WHERE day <= ${utcDay(now, statisticsDays)}::date AND NOT in_day AND NOT in_week
        ORDER BY day, track_key ${BATCH_LIMIT} FOR UPDATE SKIP LOCKED)`);

  return {
    top: (period, limit) => db.read(CHARTS[period](limit)),
    async sweep(statisticsDays, now, signal) {
      let rows = 0;
      for (const window of WINDOWS) rows += await inBatches(() => leave(window, now), signal);
      return rows + (await inBatches(() => forget(statisticsDays, now), signal));
    },
  };
}
