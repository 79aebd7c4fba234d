import { DeliveryRefusedError } from "../repo/deliveries/refused-error.js";
import type { HeldDelivery } from "../repo/deliveries/held.js";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can name a batch or delivery. What cannot was never one of ours. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND for what cannot be a delivery */
export function heldDelivery({ deliveryId, token }: { deliveryId: string; token: bigint }): HeldDelivery {
  if (!isId(deliveryId)) throw new DeliveryRefusedError("DELIVERY_NOT_FOUND", "there is no such delivery");
  return { deliveryId, token: storableToken(token) };
}

/** @throws {DeliveryRefusedError} BATCH_NOT_FOUND for what cannot be a batch */
export function batchName(batchId: string): string {
  if (!isId(batchId)) throw new DeliveryRefusedError("BATCH_NOT_FOUND", "this user has no such batch");
  return batchId;
}

/** Tokens are ours and small; one that no bigint of PostgreSQL can hold was never given, and neither was 0. */
function storableToken(token: bigint): bigint {
  return token > 0x7fffffffffffffffn ? 0n : token;
}
