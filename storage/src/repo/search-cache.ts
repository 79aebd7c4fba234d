import sql from "sql-template-tag";
import { after } from "../clock.js";
import type { Sql } from "./sql.js";

/** Bytes of a search's results, with their age. */
interface CachedResults {
  /** refrain.storage.v1.SearchResults, serialised. */
  readonly results: Uint8Array;
  readonly cachedAt: Date;
  readonly freshUntil: Date;
  /** Past its first hour: good to show, worth a refresh. */
  readonly stale: boolean;
  /** False: empty or partial, which is kept briefly. */
  readonly lasting: boolean;
}

export interface SearchCacheAnswer {
  /** Undefined: nothing kept, or expired. */
  readonly entry: CachedResults | undefined;
  /** True: this caller, and for 30 s no other, is to refresh. */
  readonly lease: boolean;
}

/** `partial`: some source did not answer. `empty`: all answered, and nothing was found. */
export type Finding = "found" | "empty" | "partial";

export interface SearchCache {
  /** @param key SHA-256 that names the search */
  get(key: Uint8Array, now: Date): Promise<SearchCacheAnswer>;
  /**
   * Keeps results: those with tracks for an hour fresh and 24 hours stale, empty and partial ones for 60 s. False: a
   * complete entry that has not expired stays, because these are partial.
   */
  set(key: Uint8Array, results: Uint8Array, finding: Finding, now: Date): Promise<boolean>;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const LASTING = { freshMs: HOUR_MS, expiresMs: 25 * HOUR_MS };
/** A source comes back, or somebody adds the track: nobody should wait an hour for that. */
const BRIEF = { freshMs: 60 * SECOND_MS, expiresMs: 60 * SECOND_MS };
const LEASE_MS = 30 * SECOND_MS;

interface Row {
  readonly results: Uint8Array;
  readonly complete: boolean;
  readonly cached_at: Date;
  readonly fresh_until: Date;
}

export function createSearchCache(db: Sql): SearchCache {
  const read = async (key: Uint8Array, now: Date): Promise<CachedResults | undefined> => {
    const [row] = await db.read<Row>(sql`
      SELECT results, complete, cached_at, fresh_until FROM search_cache
      WHERE key = ${key} AND expires_at > ${now} AND results IS NOT NULL`);
    return row && toCachedResults(row, now);
  };

  /**
   * One statement, so that of many callers one gets it. Results keep their end: the lease neither prolongs them nor brings
   * expired ones back to life. The row may have become fresh since it was read: then there is nothing to refresh.
   */
  const takeLease = async (key: Uint8Array, now: Date): Promise<boolean> => {
    const leaseUntil = after(now, LEASE_MS);
    const taken = await db.run(sql`
      INSERT INTO search_cache AS c (key, complete, cached_at, fresh_until, expires_at, lease_until)
      VALUES (${key}, false, ${now}, ${now}, ${leaseUntil}, ${leaseUntil})
      ON CONFLICT (key) DO UPDATE SET
        results = CASE WHEN c.expires_at > ${now} THEN c.results END,
        complete = c.complete AND c.expires_at > ${now},
        expires_at = CASE WHEN c.expires_at > ${now} AND c.results IS NOT NULL THEN c.expires_at ELSE excluded.expires_at END,
        lease_until = excluded.lease_until
      WHERE c.fresh_until <= ${now} AND (c.lease_until IS NULL OR c.lease_until <= ${now})`);
    return taken === 1;
  };

  return {
    async get(key, now) {
      const entry = await read(key, now);
      if (entry !== undefined && !entry.stale) return { entry, lease: false };
      return { entry, lease: await takeLease(key, now) };
    },

    async set(key, results, finding, now) {
      const { freshMs, expiresMs } = finding === "found" ? LASTING : BRIEF;
      const complete = finding !== "partial";
      const stored = await db.run(sql`
        INSERT INTO search_cache AS c (key, results, complete, cached_at, fresh_until, expires_at, lease_until)
        VALUES (${key}, ${results}, ${complete}, ${now}, ${after(now, freshMs)}, ${after(now, expiresMs)}, NULL)
        ON CONFLICT (key) DO UPDATE SET
          results = excluded.results, complete = excluded.complete, cached_at = excluded.cached_at,
          fresh_until = excluded.fresh_until, expires_at = excluded.expires_at, lease_until = NULL
        WHERE excluded.complete OR NOT c.complete OR c.results IS NULL OR c.expires_at <= ${now}`);
      return stored === 1;
    },
  };
}

function toCachedResults({ results, complete, cached_at: cachedAt, fresh_until: freshUntil }: Row, now: Date): CachedResults {
  // A message without any field has no bytes: no track, and no source that failed.
  return { results, cachedAt, freshUntil, stale: freshUntil <= now, lasting: complete && results.byteLength > 0 };
}
