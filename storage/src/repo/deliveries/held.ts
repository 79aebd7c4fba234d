import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import type { Sql, SqlPool } from "../sql.js";
import { DeliveryRefusedError } from "./refused-error.js";
import { BATCH_COLUMNS, DELIVERY_COLUMNS, KNOWN_FILE, type BatchRow, type DeliveryRecord, type DeliveryRow } from "./rows.js";

/** Names a delivery as its holder does. */
export interface HeldDelivery {
  readonly deliveryId: string;
  /** Fencing token of the claim. */
  readonly token: bigint;
}

/**
 * Locks a delivery's batch, then looks at the delivery: nobody else changes either until the transaction ends.
 *
 * @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND
 */
export async function lockDelivery(db: Sql, deliveryId: string): Promise<DeliveryRecord> {
  const [batch] = await db.write<BatchRow>(sql`
    SELECT ${BATCH_COLUMNS} FROM delivery_batches b
    WHERE b.id = (SELECT batch_id FROM deliveries WHERE id = ${deliveryId}::uuid) FOR UPDATE`);
  const [delivery] = await db.read<DeliveryRow>(sql`
    SELECT ${DELIVERY_COLUMNS}, f.file_id FROM deliveries d ${KNOWN_FILE} WHERE d.id = ${deliveryId}::uuid`);
  if (batch === undefined || delivery === undefined) {
    throw new DeliveryRefusedError("DELIVERY_NOT_FOUND", "there is no such delivery");
  }
  return { batch, delivery };
}

/** Whether the token is that of the claim that holds the delivery. Time does not matter: a lease is lost when somebody takes it. */
export function isHeld({ state, token }: DeliveryRow, by: bigint): boolean {
  return token === by && (state === DeliveryState.CLAIMED || state === DeliveryState.SENDING);
}

/** @throws {DeliveryRefusedError} LEASE_LOST */
export function refuseUnlessHeld(delivery: DeliveryRow, token: bigint): void {
  if (!isHeld(delivery, token)) {
    throw new DeliveryRefusedError("LEASE_LOST", "the delivery is not held with this token (any more)");
  }
}

/** Work on a delivery that its holder has locked. @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND, LEASE_LOST */
export function whileHeld<T>(db: SqlPool, held: HeldDelivery, work: (tx: Sql, record: DeliveryRecord) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const record = await lockDelivery(tx, held.deliveryId);
    refuseUnlessHeld(record.delivery, held.token);
    return work(tx, record);
  });
}
