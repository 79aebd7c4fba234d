import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import type { Sql, SqlPool } from "../sql.js";
import { whileHeld, type HeldDelivery } from "./held.js";
import { DeliveryRefusedError } from "./refused-error.js";
import type { DeliveryRow } from "./rows.js";

/** What a holder notes for whoever takes over; what is undefined stays as it is. */
export interface DeliveryNotes {
  /** Message of the batch's progress card. */
  readonly cardMessageId: bigint | undefined;
  /** Task of the music service. */
  readonly taskId: string | undefined;
}

/** @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND, LEASE_LOST */
export function note(db: SqlPool, held: HeldDelivery, { cardMessageId, taskId }: DeliveryNotes): Promise<void> {
  return whileHeld(db, held, async (tx, { delivery, batch }) => {
    if (cardMessageId !== undefined) {
      await tx.run(sql`UPDATE delivery_batches SET card_message_id = ${cardMessageId} WHERE id = ${batch.id}::uuid`);
    }
    if (taskId !== undefined) await tx.run(sql`UPDATE deliveries SET task_id = ${taskId} WHERE id = ${delivery.id}::uuid`);
  });
}

/**
 * Notes that a delivery is handed to Telegram now. Returns whether its audio may arrive twice.
 *
 * @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND, LEASE_LOST, GIVEN_UP, NOT_ITS_TURN
 */
export function beginSend(db: SqlPool, held: HeldDelivery): Promise<boolean> {
  return whileHeld(db, held, async (tx, { delivery }) => {
    if (delivery.failure_reason !== "") {
      throw new DeliveryRefusedError("GIVEN_UP", "the delivery is given up: tell the listener, and complete it as failed");
    }
    if (await hasEarlier(tx, delivery)) {
      throw new DeliveryRefusedError("NOT_ITS_TURN", "an earlier delivery of the batch is not final");
    }
    await tx.run(sql`UPDATE deliveries SET state = ${DeliveryState.SENDING} WHERE id = ${delivery.id}::uuid`);
    return delivery.resends > 0;
  });
}

async function hasEarlier(db: Sql, { batch_id: batchId, place }: DeliveryRow): Promise<boolean> {
  const earlier = await db.read(sql`
    SELECT 1 FROM deliveries WHERE batch_id = ${batchId}::uuid AND place < ${place} AND state < 4 LIMIT 1`);
  return earlier.length > 0;
}
