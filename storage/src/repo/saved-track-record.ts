import sql, { raw } from "sql-template-tag";
import type { Sql } from "./sql.js";

/** An entry of a user's music. */
export interface SavedTrackRecord {
  readonly id: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly sizeBytes: bigint;
  /** Whole milliseconds. */
  readonly createdAt: Date;
  /** Undefined: not liked. */
  readonly likedAt: Date | undefined;
}

/** A row of saved_tracks, as far as callers see it. */
export interface SavedTrackRow {
  readonly id: string;
  readonly track: Uint8Array;
  readonly size_bytes: bigint;
  readonly created_at: Date;
  readonly liked_at: Date | null;
}

/** The columns of a SavedTrackRow. */
export const SAVED_TRACK_COLUMNS = raw("id, track, size_bytes, created_at, liked_at");

export function toSavedTrackRecord(row: SavedTrackRow): SavedTrackRecord {
  const { id, track, size_bytes: sizeBytes, created_at: createdAt, liked_at: likedAt } = row;
  return { id, track, sizeBytes, createdAt, likedAt: likedAt ?? undefined };
}

/** The entry of a track, by its key. */
export async function findSavedTrack(db: Sql, userId: string, key: string): Promise<SavedTrackRecord | undefined> {
  const [row] = await db.read<SavedTrackRow>(sql`
    SELECT ${SAVED_TRACK_COLUMNS} FROM saved_tracks WHERE user_id = ${userId} AND track_key = ${key}`);
  return row && toSavedTrackRecord(row);
}
