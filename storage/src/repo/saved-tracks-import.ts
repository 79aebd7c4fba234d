import sql from "sql-template-tag";
import type { TrackRecord } from "./known-tracks.js";
import type { Sql } from "./sql.js";

/** A track on its way into a user's music. */
export interface NewSavedTrack extends TrackRecord {
  readonly userId: string;
  readonly sizeBytes: bigint;
  /** Folded text that the filter of lists looks through. */
  readonly searchText: string;
}

/** A track as it was elsewhere. */
export interface ImportedTrackRecord extends Omit<NewSavedTrack, "userId"> {
  readonly createdAt: Date;
  /** Undefined: not liked. */
  readonly likedAt: Date | undefined;
}

/**
 * Adds tracks to a user's music in one statement; those that are there stay as they are. Returns how many are new.
 *
 * @param tracks each key once
 */
export async function importTracks(db: Sql, userId: string, tracks: readonly ImportedTrackRecord[]): Promise<number> {
  // Always in the same order: two imports that write the same rows crosswise would block each other.
  const rows = tracks.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  return db.run(sql`
    INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at, liked_at)
    SELECT gen_random_uuid(), ${userId}, t.* FROM unnest(
      ${rows.map(({ key }) => key)}::text[],
      ${rows.map(({ bytes }) => Buffer.from(bytes))}::bytea[],
      ${rows.map(({ searchText }) => searchText)}::text[],
      ${rows.map(({ sizeBytes }) => sizeBytes)}::bigint[],
      ${rows.map(({ createdAt }) => createdAt.toISOString())}::timestamptz[],
      ${rows.map(({ likedAt }) => likedAt?.toISOString() ?? null)}::timestamptz[]) t
    ON CONFLICT (user_id, track_key) DO NOTHING`);
}
