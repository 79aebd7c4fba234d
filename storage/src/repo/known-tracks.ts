import sql, { join } from "sql-template-tag";
import { after } from "../clock.js";
import type { Sql } from "./sql.js";

/** A track as it is kept. */
export interface TrackRecord {
  /** Hash of its url, 22 characters. */
  readonly key: string;
  /** refrain.music.v1.Track, serialised. */
  readonly bytes: Uint8Array;
}

/** What is known of one key. */
interface KnownTrackRecord {
  readonly track: Uint8Array;
  readonly saved: boolean;
  readonly liked: boolean;
  /** Telegram's name of the file; empty when it was not uploaded. */
  readonly fileId: string;
}

/** Whose music and whose uploads to look at. Empty: nobody's. */
interface KnownTracksQuery {
  readonly userId: string;
  readonly botId: string;
  readonly format: number;
}

export interface KnownTracks {
  /** Keeps tracks by key for 30 days from now. */
  keep(tracks: readonly TrackRecord[], now: Date): Promise<void>;
  /** In the order of the keys; a key that neither a search nor this user's music knows is left out. */
  find(keys: readonly string[], query: KnownTracksQuery, now: Date): Promise<KnownTrackRecord[]>;
}

const KEPT_MS = 30 * 24 * 3_600_000;

interface Row {
  readonly track: Uint8Array;
  readonly saved: boolean;
  readonly liked: boolean;
  readonly file_id: string;
}

export function createKnownTracks(db: Sql): KnownTracks {
  return {
    async keep(tracks, now) {
      const rows = inOneOrder(tracks);
      if (rows.length === 0) return;
      const expiresAt = after(now, KEPT_MS);
      const values = rows.map(({ key, bytes }) => sql`(${key}, ${bytes}::bytea, ${expiresAt}::timestamptz)`);
      await db.run(sql`
        INSERT INTO known_tracks (key, track, expires_at) VALUES ${join(values)}
        ON CONFLICT (key) DO UPDATE SET track = excluded.track, expires_at = excluded.expires_at`);
    },

    async find(keys, { userId, botId, format }, now) {
      if (keys.length === 0) return [];
      // LIMIT 1 has each key looked up by itself: a plan for any user would rather read all that the user has saved.
      const rows = await db.read<Row>(sql`
        SELECT coalesce(known.track, saved.track) AS track, saved.id IS NOT NULL AS saved,
          saved.liked_at IS NOT NULL AS liked, coalesce(file.file_id, '') AS file_id
        FROM unnest(${[...keys]}::text[]) WITH ORDINALITY AS asked (key, place)
        LEFT JOIN known_tracks known ON known.key = asked.key AND known.expires_at > ${now}
        LEFT JOIN LATERAL (
          SELECT id, track, liked_at FROM saved_tracks WHERE user_id = ${userId} AND track_key = asked.key LIMIT 1) saved ON true
        LEFT JOIN telegram_files file ON file.bot_id = ${botId} AND file.track_key = asked.key AND file.format = ${format}
        WHERE known.key IS NOT NULL OR saved.id IS NOT NULL
        ORDER BY asked.place`);
      return rows.map(({ track, saved, liked, file_id: fileId }) => ({ track, saved, liked, fileId }));
    },
  };
}

/** Each key once, and always in the same order: two callers that write the same rows crosswise would block each other. */
function inOneOrder(tracks: readonly TrackRecord[]): TrackRecord[] {
  const byKey = new Map(tracks.map((track) => [track.key, track]));
  return [...byKey.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1));
}
