import sql from "sql-template-tag";
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

/** Rows per statement: the embedded database answers nobody else meanwhile. */
const BATCH = 500;

export function createExpiry(db: Sql): Expiry {
  const steps = ({ searches, tracks }: ExpiryLimits, now: Date) => [
    () =>
      db.run(sql`
      DELETE FROM search_cache WHERE key IN (
        SELECT key FROM search_cache
        WHERE expires_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now}) LIMIT ${BATCH})`),
    () =>
      db.run(sql`
      DELETE FROM known_tracks WHERE key IN (SELECT key FROM known_tracks WHERE expires_at <= ${now} LIMIT ${BATCH})`),
    () =>
      db.run(sql`
      DELETE FROM search_cache WHERE key IN (
        SELECT key FROM search_cache ORDER BY cached_at
        LIMIT least(${BATCH}, greatest(0, (SELECT count(*) FROM search_cache) - ${searches})))`),
    () =>
      db.run(sql`
      DELETE FROM known_tracks WHERE key IN (
        SELECT key FROM known_tracks ORDER BY expires_at
        LIMIT least(${BATCH}, greatest(0, (SELECT count(*) FROM known_tracks) - ${tracks})))`),
  ];
  return {
    async sweep(limits, now, signal) {
      let total = 0;
      for (const step of steps(limits, now)) {
        for (let removed = BATCH; removed === BATCH && !signal.aborted; total += removed) removed = await step();
      }
      return total;
    },
  };
}
