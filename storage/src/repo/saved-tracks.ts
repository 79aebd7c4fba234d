import { randomUUID } from "node:crypto";
import sql, { empty, type Sql as Statement } from "sql-template-tag";
import type { TrackRecord } from "./known-tracks.js";
import type { Sql } from "./sql.js";

/** An entry of a user's music. */
export interface SavedTrackRecord {
  readonly id: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly sizeBytes: bigint;
  /** Whole milliseconds. */
  readonly createdAt: Date;
}

interface NewSavedTrack extends TrackRecord {
  readonly userId: string;
  readonly sizeBytes: bigint;
  /** Folded text that the filter of lists looks through. */
  readonly searchText: string;
}

/** Where a page ends: the next one starts behind this row, which need not be there any more. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

export type Order = "newest" | "oldest";

interface ListQuery {
  readonly userId: string;
  /** Folded text that a row must have. Empty: all rows. */
  readonly text: string;
  readonly order: Order;
  readonly after: Position | undefined;
  readonly limit: number;
}

interface ListPage {
  readonly tracks: readonly SavedTrackRecord[];
  /** Rows that match, over all pages. */
  readonly total: number;
  /** True: there are more behind the last one. */
  readonly more: boolean;
}

export interface SavedTracks {
  /** Saves a track, or finds what was saved under its key before. */
  save(track: NewSavedTrack, now: Date): Promise<{ record: SavedTrackRecord; created: boolean }>;
  list(query: ListQuery): Promise<ListPage>;
  /** False: this user never had it. */
  remove(userId: string, id: string, now: Date): Promise<boolean>;
}

/** A row may come and go between the insert and the look at what was in its way; more often than this it does not. */
const SAVE_ATTEMPTS = 5;

interface Row {
  readonly id: string;
  readonly track: Uint8Array;
  readonly size_bytes: bigint;
  readonly created_at: Date;
}

export function createSavedTracks(db: Sql): SavedTracks {
  return {
    async save(track, now) {
      for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
        const added = await insert(db, track, now);
        if (added) return { record: added, created: true };
        const found = await find(db, track);
        if (found) return { record: found, created: false };
      }
      throw new Error(`a saved track came and went ${SAVE_ATTEMPTS} times while it was saved`);
    },
    list: (query) => list(db, query),
    remove: (userId, id, now) => remove(db, userId, id, now),
  };
}

async function insert(db: Sql, track: NewSavedTrack, now: Date): Promise<SavedTrackRecord | undefined> {
  const { userId, key, bytes, searchText, sizeBytes } = track;
  const [row] = await db.write<Row>(sql`
    INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at)
    VALUES (${randomUUID()}::uuid, ${userId}, ${key}, ${bytes}, ${searchText}, ${sizeBytes}, ${now})
    ON CONFLICT (user_id, track_key) DO NOTHING
    RETURNING id, track, size_bytes, created_at`);
  return row && toRecord(row);
}

async function find(db: Sql, { userId, key }: NewSavedTrack): Promise<SavedTrackRecord | undefined> {
  const [row] = await db.read<Row>(sql`
    SELECT id, track, size_bytes, created_at FROM saved_tracks WHERE user_id = ${userId} AND track_key = ${key}`);
  return row && toRecord(row);
}

/** One statement, so that the count and the page are of one moment. A page that is empty still has its count. */
async function list(db: Sql, { userId, text, order, after, limit }: ListQuery): Promise<ListPage> {
  const matches = text === "" ? empty : sql`AND strpos(search_text, ${text}) > 0`;
  const rows = await db.read<{ total: number } & (Row | { id: null })>(sql`
    SELECT counted.total, page.* FROM
      (SELECT count(*)::int AS total FROM saved_tracks WHERE user_id = ${userId} ${matches}) counted
      LEFT JOIN LATERAL (
        SELECT id, track, size_bytes, created_at FROM saved_tracks
        WHERE user_id = ${userId} ${matches} ${behind(after, order)}
        ORDER BY ${byAge(order)} LIMIT ${limit + 1}
      ) page ON true
    ORDER BY ${byAge(order)}`);
  const records = rows.flatMap((row) => (row.id === null ? [] : [toRecord(row)]));
  return { tracks: records.slice(0, limit), total: rows[0]?.total ?? 0, more: records.length > limit };
}

/** Comparing rows, not columns one by one, keeps the index (user_id, created_at, id) in use for both. */
function behind(position: Position | undefined, order: Order): Statement {
  if (position === undefined) return empty;
  const { createdAt, id } = position;
  return order === "newest"
    ? sql`AND (created_at, id) < (${createdAt}, ${id}::uuid)`
    : sql`AND (created_at, id) > (${createdAt}, ${id}::uuid)`;
}

function byAge(order: Order): Statement {
  return order === "newest" ? sql`created_at DESC, id DESC` : sql`created_at, id`;
}

async function remove(db: Sql, userId: string, id: string, now: Date): Promise<boolean> {
  const removed = await db.run(sql`
    WITH gone AS (DELETE FROM saved_tracks WHERE id = ${id}::uuid AND user_id = ${userId} RETURNING id, user_id)
    INSERT INTO removed_tracks (id, user_id, removed_at) SELECT id, user_id, ${now}::timestamptz FROM gone`);
  if (removed > 0) return true;
  const earlier = await db.read(sql`SELECT id FROM removed_tracks WHERE id = ${id}::uuid AND user_id = ${userId}`);
  return earlier.length > 0;
}

function toRecord({ id, track, size_bytes: sizeBytes, created_at: createdAt }: Row): SavedTrackRecord {
  return { id, track, sizeBytes, createdAt };
}
