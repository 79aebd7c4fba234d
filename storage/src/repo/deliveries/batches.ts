import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import { after } from "../../clock.js";
import type { Sql, SqlPool } from "../sql.js";
import { DeliveryRefusedError } from "./refused-error.js";
import { BATCH_COLUMNS, countStates, readDeliveries, type BatchRecord, type BatchRow, type DeliveryRow } from "./rows.js";
import { settle } from "./settle.js";

/** Names a batch as its owner does. */
export interface OwnedBatch {
  readonly userId: string;
  readonly batchId: string;
}

/** A batch with all its deliveries. */
export interface WholeBatch extends BatchRecord {
  readonly deliveries: readonly DeliveryRow[];
}

/** @throws {DeliveryRefusedError} BATCH_NOT_FOUND */
export async function getBatch(db: SqlPool, batchId: string): Promise<WholeBatch> {
  const [batch] = await db.read<BatchRow>(sql`SELECT ${BATCH_COLUMNS} FROM delivery_batches b WHERE b.id = ${batchId}::uuid`);
  if (batch === undefined) throw notFound();
  const deliveries = await readDeliveries(db, batchId);
  const counts = new Map<DeliveryState, number>();
  for (const { state } of deliveries) counts.set(state, (counts.get(state) ?? 0) + 1);
  // Of one moment, though the batch was read before them: what is open follows from the deliveries.
  return { batch: { ...batch, open: openOf(counts) }, deliveries, counts };
}

/** Takes back what is claimed, except what is on the way to Telegram. @throws {DeliveryRefusedError} BATCH_NOT_FOUND */
export function pauseBatch(db: SqlPool, owned: OwnedBatch, now: Date): Promise<BatchRecord> {
  return change(db, owned, now, async (tx, { id }) => {
    await tx.run(sql`UPDATE delivery_batches SET paused = true WHERE id = ${id}::uuid`);
    await tx.run(sql`
      UPDATE deliveries SET state = ${DeliveryState.PENDING}, attempts = attempts - 1, uploads = false
      WHERE batch_id = ${id}::uuid AND state = ${DeliveryState.CLAIMED}`);
  });
}

/** Its turn is counted from now: else the time of the pause would put it in front of everybody. @throws {DeliveryRefusedError} BATCH_NOT_FOUND */
export function resumeBatch(db: SqlPool, owned: OwnedBatch, now: Date): Promise<BatchRecord> {
  return change(db, owned, now, async (tx, { id, paused }) => {
    if (!paused) return;
    await tx.run(sql`UPDATE delivery_batches SET paused = false, turn = greatest(turn, ${now}) WHERE id = ${id}::uuid`);
  });
}

/** Puts what failed behind the rest, as if it had just been asked for. @throws {DeliveryRefusedError} BATCH_NOT_FOUND */
export async function retryBatch(db: SqlPool, owned: OwnedBatch, now: Date): Promise<BatchRecord & { retried: number }> {
  let retried = 0;
  const record = await change(db, owned, now, async (tx, { id, ttl_seconds: ttlSeconds }) => {
    retried = await tx.run(sql`
      UPDATE deliveries d SET state = ${DeliveryState.PENDING}, attempts = 0, resends = 0, failure_reason = '', task_id = '',
        completed_token = NULL, finished_at = NULL, not_before = ${now}, place = failed.new_place
      FROM (
        SELECT id, row_number() OVER (ORDER BY place) + (SELECT max(place) FROM deliveries WHERE batch_id = ${id}::uuid) AS new_place
        FROM deliveries WHERE batch_id = ${id}::uuid AND state = ${DeliveryState.FAILED}
      ) failed
      WHERE d.id = failed.id`);
    if (retried === 0) return;
    const expiresAt = after(now, ttlSeconds * 1_000);
    await tx.run(sql`
      UPDATE delivery_batches SET paused = false, finished_at = NULL, expires_at = ${expiresAt}, turn = greatest(turn, ${now})
      WHERE id = ${id}::uuid`);
  });
  return { ...record, retried };
}

function change(
  db: SqlPool,
  owned: OwnedBatch,
  now: Date,
  work: (tx: Sql, batch: BatchRow) => Promise<void>,
): Promise<BatchRecord> {
  return db.transaction(async (tx) => {
    await work(tx, await lockOwned(tx, owned));
    await settle(tx, [owned.batchId], now);
    return { batch: await lockOwned(tx, owned), counts: await countStates(tx, owned.batchId) };
  });
}

async function lockOwned(db: Sql, { userId, batchId }: OwnedBatch): Promise<BatchRow> {
  const [batch] = await db.write<BatchRow>(sql`
    SELECT ${BATCH_COLUMNS} FROM delivery_batches b WHERE b.id = ${batchId}::uuid AND b.user_id = ${userId} FOR UPDATE`);
  if (batch === undefined) throw notFound();
  return batch;
}

function openOf(counts: ReadonlyMap<DeliveryState, number>): number {
  const open = [DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.SENDING];
  return open.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
}

function notFound(): DeliveryRefusedError {
  return new DeliveryRefusedError("BATCH_NOT_FOUND", "this user has no such batch");
}
