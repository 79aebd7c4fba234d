import sql from "sql-template-tag";
import type { Sql } from "./sql.js";

/** A track that was sent to a user. */
export interface RecentTrackRecord {
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly playedAt: Date;
}

/** What is noted when a track was sent. */
export interface Play {
  readonly userId: string;
  readonly trackKey: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
}

export interface RecentTracks {
  /** The last one first. */
  list(userId: string, limit: number): Promise<RecentTrackRecord[]>;
}

/** Tracks remembered per user. */
const REMEMBERED = 100;

export function createRecentTracks(db: Sql): RecentTracks {
  return {
    async list(userId, limit) {
      const rows = await db.read<{ track: Uint8Array; played_at: Date }>(sql`
        SELECT track, played_at FROM recent_tracks WHERE user_id = ${userId}
        ORDER BY played_at DESC, track_key LIMIT ${Math.min(limit, REMEMBERED)}`);
      return rows.map(({ track, played_at: playedAt }) => ({ track, playedAt }));
    },
  };
}

/**
 * Notes that a track was sent, also as a part of a transaction, and forgets what is beyond the last 100. Those who write at the same
 * moment may leave some more, until the next one is sent.
 */
export async function markPlayed(db: Sql, { userId, trackKey, track }: Play, now: Date): Promise<void> {
  // The statement does not see its own insert: hence one place less. Rows that others write now are theirs to keep.
  await db.run(sql`
    WITH played AS (
      INSERT INTO recent_tracks AS r (user_id, track_key, track, played_at) VALUES (${userId}, ${trackKey}, ${track}, ${now})
      ON CONFLICT (user_id, track_key) DO UPDATE
      SET track = excluded.track, played_at = greatest(r.played_at, excluded.played_at)
    ), others AS (
      SELECT track_key, played_at FROM recent_tracks WHERE user_id = ${userId} AND track_key <> ${trackKey}
      ORDER BY played_at DESC, track_key OFFSET ${REMEMBERED - 1}
    ), forgotten AS (
      SELECT r.track_key FROM recent_tracks r JOIN others USING (track_key, played_at)
      WHERE r.user_id = ${userId} FOR UPDATE OF r SKIP LOCKED
    )
    DELETE FROM recent_tracks WHERE user_id = ${userId} AND track_key IN (SELECT track_key FROM forgotten)`);
}
