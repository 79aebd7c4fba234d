import { setTimeout as wait } from "node:timers/promises";
import type { ClaimedDelivery } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { reasonFor } from "./reason-for.js";
import { deliverFirst, type DeliverOptions } from "./deliver.js";
import { HeldBatch } from "./held-batch.js";

export interface ClaimerOptions extends DeliverOptions {
  readonly botId: string;
  /** Unique per process. */
  readonly claimer: string;
  readonly leaseMs: number;
}

const MAX_HELD = 16;
const PER_BATCH = 3;
const POLL_MS = 10_000;
const PAUSE_MS = 50;
const REPEAT_MS = 200;
const TURN_MS = 50;
/** When it is the turn of no delivery of a batch for so many leases, it is let go. */
const STUCK_LEASES = 5;

/** Claims deliveries and sends them, as a bot does, until its process ends. */
export async function runClaimer(options: ClaimerOptions): Promise<never> {
  const batches = new Map<string, HeldBatch>();
  void renewOn(batches, options);
  for (;;) {
    const held = [...batches.values()].reduce((sum, { size }) => sum + size, 0);
    if (held < MAX_HELD) for (const claimed of await claim(MAX_HELD - held, options)) take(claimed, batches, options);
    // One claim of several deliveries costs storage little more than one of one.
    await wait(PAUSE_MS);
  }
}

async function claim(
  limit: number,
  { storage, botId, claimer, leaseMs, laboratory }: ClaimerOptions,
): Promise<ClaimedDelivery[]> {
  try {
    const request = { botId, claimer, limit, limitPerBatch: PER_BATCH, leaseMs, waitMs: POLL_MS };
    return (await storage.claimDeliveries(request)).deliveries;
  } catch (error) {
    laboratory.tell({ kind: "refused", method: "ClaimDeliveries", reason: reasonFor(error) });
    await wait(REPEAT_MS);
    return [];
  }
}

function take(claimed: ClaimedDelivery, batches: Map<string, HeldBatch>, options: ClaimerOptions): void {
  const id = claimed.delivery?.batchId ?? "";
  const known = batches.get(id);
  if (known) return known.add(claimed);
  const batch = new HeldBatch();
  batch.add(claimed);
  batches.set(id, batch);
  void deliverAll(batch, options, () => batches.delete(id));
}

/** Delivers what is held of a batch, one after another. */
async function deliverAll(batch: HeldBatch, options: ClaimerOptions, onEnd: () => void): Promise<void> {
  let movedAt = Date.now();
  while (batch.size > 0) {
    if (await deliverFirst(batch, options)) movedAt = Date.now();
    else await wait(TURN_MS);
    // Whoever is full of what waits for its turn cannot claim what it waits for.
    if (Date.now() - movedAt > STUCK_LEASES * options.leaseMs) batch.letGo();
  }
  onEnd();
}

/** Renews all leases, a third of their length apart. */
async function renewOn(
  batches: ReadonlyMap<string, HeldBatch>,
  { storage, leaseMs, laboratory }: ClaimerOptions,
): Promise<never> {
  for (;;) {
    await wait(leaseMs / 3);
    const held = [...batches.values()].flatMap((batch) => batch.all().map((one) => ({ batch, one })));
    if (held.length === 0) continue;
    const leases = held.map(({ one }) => ({ deliveryId: one.delivery.id, token: one.token }));
    try {
      const answer = await storage.renewLease({ leases, leaseMs }, { timeoutMs: leaseMs / 3 });
      held.forEach(({ batch, one }, index) => {
        const lease = answer.leases[index];
        if (lease) batch.renewed(one, lease);
      });
    } catch (error) {
      laboratory.tell({ kind: "refused", method: "RenewLease", reason: reasonFor(error) });
    }
  }
}
