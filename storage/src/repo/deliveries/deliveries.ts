import type { SqlPool } from "../sql.js";
import { getBatch, pauseBatch, resumeBatch, retryBatch, type OwnedBatch, type WholeBatch } from "./batches.js";
import { cancel, type Withdrawal, type Withdrawn } from "./cancel.js";
import { claim, type Claim, type ClaimRequest } from "./claim.js";
import { complete, type Completion, type Outcome } from "./complete.js";
import { createBatch, type CreatedBatch, type NewBatch } from "./create.js";
import type { HeldDelivery } from "./held.js";
import { notifyReplicas, type Call } from "./notifications.js";
import { renew } from "./renew.js";
import type { BatchRecord } from "./rows.js";
import { sweepFinished } from "./sweep.js";
import { beginSend, note, type DeliveryNotes } from "./send.js";

/**
 * The bot's durable work. A batch's row is the lock of all its deliveries; whatever changes one of them holds it, looks again, and
 * derives the batch's place in the queue anew. What cannot be done is a DeliveryRefusedError.
 */
export interface Deliveries {
  create(batch: NewBatch, now: Date): Promise<CreatedBatch>;
  claim(request: ClaimRequest, now: Date): Promise<Claim>;
  renew(held: readonly HeldDelivery[], leaseUntil: Date): Promise<readonly boolean[]>;
  note(held: HeldDelivery, notes: DeliveryNotes): Promise<void>;
  beginSend(held: HeldDelivery): Promise<boolean>;
  complete(held: HeldDelivery, outcome: Outcome, now: Date): Promise<Completion>;
  cancel(withdrawal: Withdrawal, now: Date): Promise<Withdrawn>;
  pause(owned: OwnedBatch, now: Date): Promise<BatchRecord>;
  resume(owned: OwnedBatch, now: Date): Promise<BatchRecord>;
  retry(owned: OwnedBatch, now: Date): Promise<BatchRecord & { retried: number }>;
  get(batchId: string): Promise<WholeBatch>;
  /** Removes what has been finished for so many days. Returns how many batches. Stops early when `signal` aborts. */
  sweep(days: number, now: Date, signal: AbortSignal): Promise<number>;
  /** Tells all replicas that something may be claimable. */
  announce(call: Call): Promise<void>;
}

export function createDeliveries(db: SqlPool): Deliveries {
  return {
    create: (batch, now) => createBatch(db, batch, now),
    claim: (request, now) => claim(db, request, now),
    renew: (held, leaseUntil) => renew(db, held, leaseUntil),
    note: (held, notes) => note(db, held, notes),
    beginSend: (held) => beginSend(db, held),
    complete: (held, outcome, now) => complete(db, held, outcome, now),
    cancel: (withdrawal, now) => cancel(db, withdrawal, now),
    pause: (owned, now) => pauseBatch(db, owned, now),
    resume: (owned, now) => resumeBatch(db, owned, now),
    retry: (owned, now) => retryBatch(db, owned, now),
    get: (batchId) => getBatch(db, batchId),
    sweep: (days, now, signal) => sweepFinished(db, days, now, signal),
    announce: (call) => notifyReplicas(db, call),
  };
}
