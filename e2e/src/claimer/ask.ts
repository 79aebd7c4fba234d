import { setTimeout as wait } from "node:timers/promises";
import { reasonFor } from "./reason-for.js";
import { isOver, type HeldDelivery } from "./held-batch.js";
import type { Laboratory } from "./laboratory.js";

export type Answer<Value> =
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "refused"; readonly reason: string }
  /** The lease is over, so that an answer would help nobody. */
  | { readonly kind: "late" };

const REPEAT_MS = 100;
/** What storage says when it will say the same again. */
const REFUSALS = new Set(["LEASE_LOST", "GIVEN_UP", "NOT_ITS_TURN", "NOT_SENDING", "DELIVERY_NOT_FOUND"]);

/** Calls storage about a delivery until it answers, as long as the delivery is held. */
export async function ask<Value>(
  method: string,
  held: HeldDelivery,
  laboratory: Laboratory,
  call: () => Promise<Value>,
): Promise<Answer<Value>> {
  for (;;) {
    try {
      return { kind: "answered", value: await call() };
    } catch (error) {
      const reason = reasonFor(error);
      laboratory.tell({ kind: "refused", method, reason });
      if (REFUSALS.has(reason)) return { kind: "refused", reason };
    }
    if (isOver(held)) return { kind: "late" };
    await wait(REPEAT_MS);
  }
}
