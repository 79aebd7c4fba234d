import { randomUUID } from "node:crypto";
import sql from "sql-template-tag";
import { removeTrack, restoreTrack, sweepRemovedTracks } from "./removed-tracks.js";
import {
  findSavedTrack,
  SAVED_TRACK_COLUMNS,
  toSavedTrackRecord,
  type SavedTrackRecord,
  type SavedTrackRow,
} from "./saved-track-record.js";
import { importTracks, type ImportedTrackRecord, type NewSavedTrack } from "./saved-tracks-import.js";
import { listTracks, type ListPage, type ListQuery } from "./saved-tracks-list.js";
import type { Sql, SqlPool } from "./sql.js";

export interface SavedTracks {
  /** Saves a track, or finds what was saved under its key before. */
  save(track: NewSavedTrack, now: Date): Promise<{ record: SavedTrackRecord; created: boolean }>;
  /** All or nothing. Returns how many were not there before. */
  import(userId: string, tracks: readonly ImportedTrackRecord[]): Promise<number>;
  list(query: ListQuery): Promise<ListPage>;
  /** Likes a track by its key, or no longer. Undefined: it is not in the user's music. */
  like(userId: string, key: string, liked: boolean, now: Date): Promise<SavedTrackRecord | undefined>;
  /** False: this user never had it. */
  remove(userId: string, id: string, now: Date): Promise<boolean>;
  /** Puts a track back that was removed less than a minute ago. Undefined: there is none. */
  restore(userId: string, id: string, now: Date): Promise<SavedTrackRecord | undefined>;
  /** Forgets what was removed longer than a minute ago. Stops early when `signal` aborts. */
  sweep(now: Date, signal: AbortSignal): Promise<number>;
}

/** A row may come and go between the insert and the look at what was in its way; more often than this it does not. */
const SAVE_ATTEMPTS = 5;

export function createSavedTracks(db: SqlPool): SavedTracks {
  return {
    async save(track, now) {
      for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
        const added = await insertTrack(db, track, now);
        if (added) return { record: added, created: true };
        const found = await findSavedTrack(db, track.userId, track.key);
        if (found) return { record: found, created: false };
      }
      throw new Error(`a saved track came and went ${SAVE_ATTEMPTS} times while it was saved`);
    },
    import: (userId, tracks) => importTracks(db, userId, tracks),
    list: (query) => listTracks(db, query),
    like: (userId, key, liked, now) => likeTrack(db, userId, key, liked, now),
    remove: (userId, id, now) => removeTrack(db, userId, id, now),
    restore: (userId, id, now) => db.transaction((tx) => restoreTrack(tx, userId, id, now)),
    sweep: (now, signal) => sweepRemovedTracks(db, now, signal),
  };
}

/** Adds a track to a user's music, also as a part of a transaction. Undefined: it was there before, and stays as it is. */
export async function insertTrack(db: Sql, track: NewSavedTrack, now: Date): Promise<SavedTrackRecord | undefined> {
  const { userId, key, bytes, searchText, sizeBytes } = track;
  const [row] = await db.write<SavedTrackRow>(sql`
    INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at)
    VALUES (${randomUUID()}::uuid, ${userId}, ${key}, ${bytes}, ${searchText}, ${sizeBytes}, ${now})
    ON CONFLICT (user_id, track_key) DO NOTHING
    RETURNING ${SAVED_TRACK_COLUMNS}`);
  return row && toSavedTrackRecord(row);
}

async function likeTrack(db: Sql, userId: string, key: string, liked: boolean, now: Date) {
  const [row] = await db.write<SavedTrackRow>(sql`
    UPDATE saved_tracks SET liked_at = CASE WHEN ${liked}::boolean THEN coalesce(liked_at, ${now}::timestamptz) END
    WHERE user_id = ${userId} AND track_key = ${key}
    RETURNING ${SAVED_TRACK_COLUMNS}`);
  return row && toSavedTrackRecord(row);
}
