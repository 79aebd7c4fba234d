import type { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql, { empty } from "sql-template-tag";
import {
  BATCH_COLUMNS,
  BATCH_COLUMNS_BESIDE_ID,
  DELIVERY_COLUMNS,
  KNOWN_FILE,
  type BatchRecord,
  type BatchRow,
  type DeliveryRecord,
  type DeliveryRow,
} from "./deliveries/rows.js";
import { BATCH } from "./in-batches.js";
import type { Sql } from "./sql.js";

/** Batches of deliveries per page: each may have 500, which are counted. */
const BATCHES = 100;

// As in personal-data-pages.ts: a page behind a row that was read before, which need not be there any more.

export async function deliveriesBehind(db: Sql, userId: string, after?: DeliveryRecord): Promise<DeliveryRecord[]> {
  // The first condition says less than the second, and bounds the batches by their index.
  const later = after
    ? sql`AND b.created_at >= ${after.batch.created_at}
      AND (b.created_at, b.id, d.position) > (${after.batch.created_at}, ${after.batch.id}::uuid, ${after.delivery.position})`
    : empty;
  // In one statement: an empty page ends the export, so what is removed meanwhile must not empty one.
  const rows = await db.read<DeliveryRow & Omit<BatchRow, "id">>(sql`
    SELECT ${DELIVERY_COLUMNS}, f.file_id, ${BATCH_COLUMNS_BESIDE_ID}
    FROM delivery_batches b JOIN deliveries d ON d.batch_id = b.id ${KNOWN_FILE}
    WHERE b.user_id = ${userId} ${later}
    ORDER BY b.created_at, b.id, d.position LIMIT ${BATCH}`);
  return rows.map((row) => ({ delivery: row, batch: { ...row, id: row.batch_id } }));
}

export async function batchesBehind(db: Sql, userId: string, after?: BatchRecord): Promise<BatchRecord[]> {
  const later = after ? sql`AND (b.created_at, b.id) > (${after.batch.created_at}, ${after.batch.id}::uuid)` : empty;
  const batches = await db.read<BatchRow>(sql`
    SELECT ${BATCH_COLUMNS} FROM delivery_batches b WHERE b.user_id = ${userId} ${later}
    ORDER BY b.created_at, b.id LIMIT ${BATCHES}`);
  const counts = new Map(batches.map(({ id }) => [id, new Map<DeliveryState, number>()]));
  const counted = await db.read<{ batch_id: string; state: DeliveryState; count: number }>(sql`
    SELECT batch_id, state, count(*)::int AS count FROM deliveries
    WHERE batch_id = ANY(${[...counts.keys()]}::uuid[]) GROUP BY batch_id, state`);
  for (const { batch_id: batchId, state, count } of counted) counts.get(batchId)?.set(state, count);
  return batches.map((batch) => ({ batch, counts: counts.get(batch.id) ?? new Map<DeliveryState, number>() }));
}
