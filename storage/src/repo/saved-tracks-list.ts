import sql, { empty, raw, type Sql as Statement } from "sql-template-tag";
import { SAVED_TRACK_COLUMNS, toSavedTrackRecord, type SavedTrackRecord, type SavedTrackRow } from "./saved-track-record.js";
import type { Sql } from "./sql.js";

/** `liked`: only tracks that are liked, the last liked first. */
export type Order = "newest" | "oldest" | "liked";

/** Where a page ends: the next one starts behind this row, which need not be there any more. */
export interface Position {
  /** When the row was saved; in the order `liked`, when it was liked. Whole milliseconds. */
  readonly at: Date;
  readonly id: string;
}

export interface ListQuery {
  readonly userId: string;
  /** Folded text that a row must have. Empty: all rows. */
  readonly text: string;
  readonly order: Order;
  readonly after: Position | undefined;
  readonly limit: number;
}

export interface ListPage {
  readonly tracks: readonly SavedTrackRecord[];
  /** Rows that match, over all pages. */
  readonly total: number;
  /** Where the page ends. Undefined: there are no more behind it. */
  readonly next: Position | undefined;
}

/** How an order is said in SQL. Each is the order of an index, read forwards or backwards. */
interface OrderSql {
  readonly column: Statement;
  readonly direction: Statement;
  readonly behind: Statement;
  readonly only: Statement;
}

const ORDERS: Readonly<Record<Order, OrderSql>> = {
  newest: { column: raw("created_at"), direction: raw("DESC"), behind: raw("<"), only: empty },
  oldest: { column: raw("created_at"), direction: raw("ASC"), behind: raw(">"), only: empty },
  liked: { column: raw("liked_at"), direction: raw("DESC"), behind: raw("<"), only: raw("AND liked_at IS NOT NULL") },
};

/** One statement, so that the count and the page are of one moment. A page that is empty still has its count. */
export async function listTracks(db: Sql, { userId, text, order, after, limit }: ListQuery): Promise<ListPage> {
  const { column, direction, behind, only } = ORDERS[order];
  const matches = text === "" ? only : sql`${only} AND strpos(search_text, ${text}) > 0`;
  // Comparing rows, not columns one by one, keeps the order's index in use. Not a Date: old ones would be written in local time.
  const later = after ? sql`AND (${column}, id) ${behind} (${after.at.toISOString()}::timestamptz, ${after.id}::uuid)` : empty;
  const sorted = sql`${column} ${direction}, id ${direction}`;
  // Counting what the order's index has keeps the other index out: in a large table it costs the same by the planner's reckoning,
  // but its rows lie all over the table, and each asks another page whether it is visible.
  const rows = await db.read<{ total: number } & (SavedTrackRow | { id: null })>(sql`
    SELECT counted.total, page.* FROM
      (SELECT count(${column})::int AS total FROM saved_tracks WHERE user_id = ${userId} ${matches}) counted
      LEFT JOIN LATERAL (
        SELECT ${SAVED_TRACK_COLUMNS} FROM saved_tracks
        WHERE user_id = ${userId} ${matches} ${later}
        ORDER BY ${sorted} LIMIT ${limit + 1}
      ) page ON true
    ORDER BY ${sorted}`);
  const records = rows.flatMap((row) => (row.id === null ? [] : [toSavedTrackRecord(row)]));
  const tracks = records.slice(0, limit);
  const last = records.length > limit ? tracks.at(-1) : undefined;
  return { tracks, total: rows[0]?.total ?? 0, next: last && positionOf(last, order) };
}

function positionOf({ id, createdAt, likedAt }: SavedTrackRecord, order: Order): Position {
  return { at: order === "liked" && likedAt ? likedAt : createdAt, id };
}
