import type { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import type { Sql } from "../sql.js";

/** A row of delivery_batches. */
export interface BatchRow {
  readonly id: string;
  readonly bot_id: string;
  readonly user_id: string;
  readonly chat_id: bigint;
  readonly title: string;
  readonly context: Uint8Array;
  readonly card_message_id: bigint;
  readonly paused: boolean;
  readonly open: number;
  /** Who holds it; null: nobody. */
  readonly claimer: string | null;
  readonly ttl_seconds: number;
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** A row of deliveries. */
export interface DeliveryRow {
  readonly id: string;
  readonly batch_id: string;
  readonly position: number;
  readonly place: number;
  readonly track_key: string;
  readonly format: number;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly resends: number;
  readonly not_before: Date;
  /** Fencing token of the last claim. */
  readonly token: bigint;
  readonly task_id: string;
  readonly failure_reason: string;
  readonly message_id: bigint;
  readonly completed_token: bigint | null;
  readonly finished_at: Date | null;
  /** Telegram's name of the file; null: not known. */
  readonly file_id: string | null;
}

/** A delivery as callers see it: with what it has of its batch. */
export interface DeliveryRecord {
  readonly delivery: DeliveryRow;
  readonly batch: BatchRow;
}

/** A batch with how many of its deliveries are in which state. */
export interface BatchRecord {
  readonly batch: BatchRow;
  readonly counts: ReadonlyMap<DeliveryState, number>;
}

/** All but the id, which a delivery has too. */
export const BATCH_COLUMNS_BESIDE_ID = sql`b.bot_id, b.user_id, b.chat_id, b.title, b.context, b.card_message_id, b.paused, b.open,
  b.claimer, b.ttl_seconds, b.created_at, b.expires_at`;

export const BATCH_COLUMNS = sql`b.id, ${BATCH_COLUMNS_BESIDE_ID}`;

export const DELIVERY_COLUMNS = sql`d.id, d.batch_id, d.position, d.place, d.track_key, d.format, d.track, d.state, d.attempts,
  d.resends, d.not_before, d.token, d.task_id, d.failure_reason, d.message_id, d.completed_token, d.finished_at`;

/** Joins the file id that Telegram knows a delivery's track by. */
export const KNOWN_FILE = sql`LEFT JOIN telegram_files f
  ON f.bot_id = d.bot_id AND f.track_key = d.track_key AND f.format = d.format`;

/** Deliveries of a batch, in their order. */
export function readDeliveries(db: Sql, batchId: string): Promise<DeliveryRow[]> {
  return db.read<DeliveryRow>(sql`
    SELECT ${DELIVERY_COLUMNS}, f.file_id FROM deliveries d ${KNOWN_FILE}
    WHERE d.batch_id = ${batchId}::uuid ORDER BY d.position`);
}

/** Counts a batch's deliveries by state. */
export async function countStates(db: Sql, batchId: string): Promise<ReadonlyMap<DeliveryState, number>> {
  const rows = await db.read<{ state: DeliveryState; count: number }>(sql`
    SELECT state, count(*)::int AS count FROM deliveries WHERE batch_id = ${batchId}::uuid GROUP BY state`);
  return new Map(rows.map(({ state, count }) => [state, count]));
}
