import sql, { empty } from "sql-template-tag";
import { BATCH } from "./in-batches.js";
import type { RecentTrackRecord } from "./recent-tracks.js";
import { RESTORABLE_MS } from "./removed-tracks.js";
import { SAVED_TRACK_COLUMNS, toSavedTrackRecord, type SavedTrackRecord, type SavedTrackRow } from "./saved-track-record.js";
import type { Sql } from "./sql.js";

/** A remembered version of a track. */
export interface KeptChoice {
  readonly key: Uint8Array;
  /** Folded. */
  readonly query: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly chosenAt: Date;
}

export interface KeptRecentTrack extends RecentTrackRecord {
  readonly key: string;
}

// Each reads up to BATCH rows behind one that was read before, which need not be there any more.

export async function savedTracksBehind(db: Sql, userId: string, after?: SavedTrackRecord): Promise<SavedTrackRecord[]> {
  const later = after ? sql`AND (created_at, id) > (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)` : empty;
  const rows = await db.read<SavedTrackRow>(sql`
    SELECT ${SAVED_TRACK_COLUMNS} FROM saved_tracks WHERE user_id = ${userId} ${later} ORDER BY created_at, id LIMIT ${BATCH}`);
  return rows.map(toSavedTrackRecord);
}

export async function removedTracksBehind(
  db: Sql,
  userId: string,
  after: SavedTrackRecord | undefined,
  now: Date,
): Promise<SavedTrackRecord[]> {
  const since = new Date(now.getTime() - RESTORABLE_MS);
  const rows = await db.read<SavedTrackRow>(sql`
    SELECT ${SAVED_TRACK_COLUMNS} FROM removed_tracks
    WHERE user_id = ${userId} AND track IS NOT NULL AND removed_at > ${since} ${after ? sql`AND id > ${after.id}::uuid` : empty}
    ORDER BY id LIMIT ${BATCH}`);
  return rows.map(toSavedTrackRecord);
}

export async function recentTracksBehind(db: Sql, userId: string, after?: KeptRecentTrack): Promise<KeptRecentTrack[]> {
  const rows = await db.read<{ track_key: string; track: Uint8Array; played_at: Date }>(sql`
    SELECT track_key, track, played_at FROM recent_tracks
    WHERE user_id = ${userId} ${after ? sql`AND track_key > ${after.key}` : empty} ORDER BY track_key LIMIT ${BATCH}`);
  return rows.map(({ track_key: key, track, played_at: playedAt }) => ({ key, track, playedAt }));
}

export async function choicesBehind(db: Sql, userId: string, after?: KeptChoice): Promise<KeptChoice[]> {
  const rows = await db.read<Omit<KeptChoice, "chosenAt"> & { chosen_at: Date }>(sql`
    SELECT key, query, track, chosen_at FROM choices
    WHERE user_id = ${userId} ${after ? sql`AND key > ${after.key}` : empty} ORDER BY key LIMIT ${BATCH}`);
  return rows.map(({ chosen_at: chosenAt, ...choice }) => ({ ...choice, chosenAt }));
}
