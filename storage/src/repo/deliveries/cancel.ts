import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql, { empty } from "sql-template-tag";
import type { SqlPool } from "../sql.js";
import { settle } from "./settle.js";

/** What a user no longer wants. */
export interface Withdrawal {
  readonly userId: string;
  readonly botId: string;
  /** Undefined: of all batches. */
  readonly batchId: string | undefined;
  /** Undefined: all deliveries. */
  readonly deliveryId: string | undefined;
}

export interface Withdrawn {
  readonly cancelled: number;
  /** On the way to Telegram, and too late to stop. */
  readonly sending: number;
}

/** Ends what is not on the way to Telegram yet. The batches are locked in one order, for two withdrawals may overlap. */
export function cancel(db: SqlPool, { userId, botId, batchId, deliveryId }: Withdrawal, now: Date): Promise<Withdrawn> {
  return db.transaction(async (tx) => {
    const batches = await tx.write<{ id: string }>(sql`
      SELECT id FROM delivery_batches
      WHERE user_id = ${userId} AND bot_id = ${botId} AND open > 0 ${batchId === undefined ? empty : sql`AND id = ${batchId}::uuid`}
      ORDER BY id FOR UPDATE`);
    const ids = batches.map(({ id }) => id);
    if (ids.length === 0) return { cancelled: 0, sending: 0 };
    const only = deliveryId === undefined ? empty : sql`AND id = ${deliveryId}::uuid`;
    const cancelled = await tx.run(sql`
      UPDATE deliveries SET state = ${DeliveryState.CANCELLED}, uploads = false, finished_at = ${now}
      WHERE batch_id = ANY(${ids}::uuid[]) AND state IN (${DeliveryState.PENDING}, ${DeliveryState.CLAIMED}) ${only}`);
    const [row] = await tx.read<{ sending: number }>(sql`
      SELECT count(*)::int AS sending FROM deliveries
      WHERE batch_id = ANY(${ids}::uuid[]) AND state = ${DeliveryState.SENDING} ${only}`);
    await settle(tx, ids, now);
    return { cancelled, sending: row?.sending ?? 0 };
  });
}
