import sql from "sql-template-tag";
import { BATCH, BATCH_LIMIT, inBatches } from "./in-batches.js";
import type { Sql } from "./sql.js";

/** How much may be kept of what can be found again. */
export interface ExpiryLimits {
  /** Searches in the cache. */
  readonly searches: number;
  /** Tracks known by key. */
  readonly tracks: number;
}

export interface Expiry {
  /** Removes what has expired, then the oldest above the limits. Returns how many rows went. Stops early when `signal` aborts. */
  sweep(limits: ExpiryLimits, now: Date, signal: AbortSignal): Promise<number>;
}

export function createExpiry(db: Sql): Expiry {
  // An array of keys and not IN: how many there are is not known beforehand, and a plan for many would read the whole table.
  const steps = ({ searches, tracks }: ExpiryLimits, now: Date) => [
    sql`
      DELETE FROM search_cache WHERE key = ANY(ARRAY(
        SELECT key FROM search_cache
        WHERE expires_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now}) ${BATCH_LIMIT}))`,
    sql`
      DELETE FROM known_tracks WHERE key = ANY(ARRAY(SELECT key FROM known_tracks WHERE expires_at <= ${now} ${BATCH_LIMIT}))`,
    sql`
      DELETE FROM search_cache WHERE key = ANY(ARRAY(
        SELECT key FROM search_cache ORDER BY cached_at
        LIMIT least(${BATCH}, greatest(0, (SELECT count(*) FROM search_cache) - ${searches}))))`,
    sql`
      DELETE FROM known_tracks WHERE key = ANY(ARRAY(
        SELECT key FROM known_tracks ORDER BY expires_at
        LIMIT least(${BATCH}, greatest(0, (SELECT count(*) FROM known_tracks) - ${tracks}))))`,
  ];
  return {
    async sweep(limits, now, signal) {
      let total = 0;
      for (const step of steps(limits, now)) total += await inBatches(() => db.run(step), signal);
      return total;
    },
  };
}
