import sql from "sql-template-tag";
import { utcDay } from "../utc-day.js";
import { BATCH_LIMIT, inBatches } from "./in-batches.js";
import type { Sql } from "./sql.js";

/** How much is added to the count of one name on one day. */
export interface DayCount {
  /** As `YYYY-MM-DD`. */
  readonly day: string;
  readonly name: string;
  readonly value: number;
}

interface DayCountRecord {
  readonly day: string;
  readonly name: string;
  readonly value: bigint;
}

/** Names one flush: adding it again, because nobody knows whether it arrived, adds nothing. */
interface Flush {
  /** Unique per process. */
  readonly name: string;
  /** The same for all flushes of a writer: retention removes its note as of that day. */
  readonly day: string;
  /** Rises by one with each. */
  readonly sequence: number;
}

export interface DayCounts {
  add(counts: readonly DayCount[], flush: Flush): Promise<void>;
  /** Counts of some days, the first and the last included, in no order. */
  between(first: string, last: string): Promise<DayCountRecord[]>;
  /** Removes the days before the last `statisticsDays`. Returns how many rows went. Stops early when `signal` aborts. */
  sweep(statisticsDays: number, now: Date, signal: AbortSignal): Promise<number>;
}

export function createDayCounts(db: Sql): DayCounts {
  return {
    async add(counts, { name, day, sequence }) {
      const [days, names, values] = [counts.map((c) => c.day), counts.map((c) => c.name), counts.map((c) => c.value)];
      // In one order: two replicas that write the same rows crosswise would block each other.
      await db.run(sql`
        WITH note AS (
          INSERT INTO day_counts AS c (day, name, value) VALUES (${day}::date, ${`flush/${name}`}, ${sequence})
          ON CONFLICT (day, name) DO UPDATE SET value = excluded.value WHERE c.value < excluded.value
          RETURNING c.value)
        INSERT INTO day_counts AS c (day, name, value)
        SELECT added.day, added.name, added.value
        FROM unnest(${days}::date[], ${names}::text[], ${values}::bigint[]) AS added (day, name, value)
        WHERE EXISTS (SELECT FROM note)
        ORDER BY added.day, added.name
        ON CONFLICT (day, name) DO UPDATE SET value = c.value + excluded.value`);
    },

    between: (first, last) =>
      db.read(sql`
        SELECT day, name, value FROM day_counts
        WHERE day BETWEEN ${first}::date AND ${last}::date AND name NOT LIKE 'flush/%'`),

    sweep: (statisticsDays, now, signal) =>
      inBatches(
        () =>
          db.run(sql`
            DELETE FROM day_counts WHERE (day, name) IN (
              SELECT day, name FROM day_counts WHERE day <= ${utcDay(now, statisticsDays)}::date
              ORDER BY day, name ${BATCH_LIMIT} FOR UPDATE SKIP LOCKED)`),
        signal,
      ),
  };
}
