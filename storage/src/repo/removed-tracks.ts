import sql, { raw } from "sql-template-tag";
import { BATCH_LIMIT, inBatches } from "./in-batches.js";
import {
  findSavedTrack,
  SAVED_TRACK_COLUMNS,
  toSavedTrackRecord,
  type SavedTrackRecord,
  type SavedTrackRow,
} from "./saved-track-record.js";
import type { Sql } from "./sql.js";

/** How long a removed track can be put back. */
export const RESTORABLE_MS = 60_000;
/** How long the id of a removed track is known, so that removing it again is no error. */
const KNOWN_MS = 30 * 24 * 3_600_000;
/** A row may come and go between two looks at it; more often than this it does not. */
const ATTEMPTS = 5;
/** All columns of a saved track. */
const TRACK = raw("id, user_id, track_key, track, search_text, size_bytes, created_at, liked_at");

/** Removes an entry of a user's music, and keeps what it takes to put it back. False: this user never had it. */
export async function removeTrack(db: Sql, userId: string, id: string, now: Date): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const removed = await db.run(sql`
      WITH gone AS (DELETE FROM saved_tracks WHERE id = ${id}::uuid AND user_id = ${userId} RETURNING ${TRACK})
      INSERT INTO removed_tracks (${TRACK}, removed_at) SELECT ${TRACK}, ${now}::timestamptz FROM gone`);
    if (removed > 0) return true;
    const found = await db.read<{ removed: boolean }>(sql`
      SELECT true AS removed FROM removed_tracks WHERE id = ${id}::uuid AND user_id = ${userId}
      UNION ALL SELECT false FROM saved_tracks WHERE id = ${id}::uuid AND user_id = ${userId}`);
    if (found.length === 0) return false;
    if (found.some((row) => row.removed)) return true;
    // It was put back between the two looks.
  }
  throw new Error(`a saved track was put back ${ATTEMPTS} times while it was removed`);
}

/** Empties rows whose minute is over, and removes them in the end. Returns how many rows changed. */
export async function sweepRemovedTracks(db: Sql, now: Date, signal: AbortSignal): Promise<number> {
  const [restorable, known] = [RESTORABLE_MS, KNOWN_MS].map((ms) => new Date(now.getTime() - ms));
  const empty = () =>
    db.run(sql`
      UPDATE removed_tracks
      SET track_key = NULL, track = NULL, search_text = NULL, size_bytes = NULL, created_at = NULL, liked_at = NULL
      WHERE id = ANY(ARRAY(SELECT id FROM removed_tracks WHERE track IS NOT NULL AND removed_at <= ${restorable} ${BATCH_LIMIT}))`);
  const remove = () =>
    db.run(sql`
      DELETE FROM removed_tracks WHERE id = ANY(ARRAY(SELECT id FROM removed_tracks WHERE removed_at <= ${known} ${BATCH_LIMIT}))`);
  return (await inBatches(empty, signal)) + (await inBatches(remove, signal));
}

/**
 * Puts an entry back as it was, inside a transaction. A track that was saved anew meanwhile stays, and the removal with it, so that
 * DeleteTrack still knows the old id. Undefined: there is nothing to put back.
 */
export async function restoreTrack(tx: Sql, userId: string, id: string, now: Date): Promise<SavedTrackRecord | undefined> {
  const since = new Date(now.getTime() - RESTORABLE_MS);
  const restorable = sql`FROM removed_tracks WHERE id = ${id}::uuid AND user_id = ${userId} AND track IS NOT NULL AND removed_at > ${since}`;
  // One call at a time for an id. The lock on a row would not do: removed again, the track has another row.
  await tx.run(sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [removed] = await tx.write<{ track_key: string }>(sql`SELECT track_key ${restorable} FOR UPDATE`);
    if (removed) return putBack(tx, userId, id, removed.track_key);
    // One look at both tables: between two looks the row might go from the one that is looked at last to the other.
    const [row] = await tx.read<SavedTrackRow & { removed: boolean }>(sql`
      SELECT false AS removed, ${SAVED_TRACK_COLUMNS} FROM saved_tracks WHERE id = ${id}::uuid AND user_id = ${userId}
      UNION ALL SELECT true, ${SAVED_TRACK_COLUMNS} ${restorable}`);
    if (row === undefined) return undefined;
    // It was put back before, and this is the same call once more.
    if (!row.removed) return toSavedTrackRecord(row);
  }
  throw new Error(`a saved track was removed ${ATTEMPTS} times while it was put back`);
}

async function putBack(tx: Sql, userId: string, id: string, key: string): Promise<SavedTrackRecord> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [restored] = await tx.write<SavedTrackRow>(sql`
      INSERT INTO saved_tracks (${TRACK}) SELECT ${TRACK} FROM removed_tracks WHERE id = ${id}::uuid
      ON CONFLICT (user_id, track_key) DO NOTHING
      RETURNING ${SAVED_TRACK_COLUMNS}`);
    if (restored) {
      await tx.run(sql`DELETE FROM removed_tracks WHERE id = ${id}::uuid`);
      return toSavedTrackRecord(restored);
    }
    const savedAnew = await findSavedTrack(tx, userId, key);
    if (savedAnew) return savedAnew;
  }
  throw new Error(`a saved track came and went ${ATTEMPTS} times while it was put back`);
}
