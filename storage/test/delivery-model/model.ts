import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";

/** How the contract says that deliveries behave, in the simplest words: no locks, no queue, one call after another. */
export interface ModelDelivery {
  readonly id: string;
  readonly batch: ModelBatch;
  readonly trackKey: string;
  place: number;
  state: DeliveryState;
  token: bigint;
  leaseUntil: number;
  completedToken: bigint | undefined;
  attempts: number;
  resends: number;
  notBefore: number;
  uploads: boolean;
  reason: string;
}

export interface ModelBatch {
  readonly id: string;
  readonly userId: string;
  readonly requestKey: string;
  readonly ttlMs: number;
  readonly deliveries: ModelDelivery[];
  expiresAt: number;
  paused: boolean;
  claimer: string | undefined;
}

export function newDelivery(id: string, batch: ModelBatch, trackKey: string, place: number, now: number): ModelDelivery {
  return {
    id,
    batch,
    trackKey,
    place,
    state: DeliveryState.PENDING,
    token: 0n,
    leaseUntil: 0,
    completedToken: undefined,
    attempts: 0,
    resends: 0,
    notBefore: now,
    uploads: false,
    reason: "",
  };
}

/** What somebody was given once, whether it is still his or not. */
export interface ModelClaim {
  readonly delivery: ModelDelivery;
  readonly token: bigint;
  readonly claimer: string;
}

export class DeliveryModel {
  readonly batches: ModelBatch[] = [];
  readonly claims: ModelClaim[] = [];
  readonly files = new Set<string>();
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  /** What comes back to the queue when somebody asks for work. */
  reap(): void {
    for (const batch of this.batches) {
      for (const delivery of batch.deliveries.filter(isHeld)) {
        if (delivery.leaseUntil > this.now) continue;
        if (delivery.state === DeliveryState.SENDING) delivery.resends += 1;
        delivery.uploads = false;
        delivery.notBefore = this.now;
        delivery.state = DeliveryState.PENDING;
        if (delivery.attempts >= 8) {
          delivery.state = DeliveryState.FAILED;
          delivery.reason ||= "TOO_MANY_ATTEMPTS";
        }
      }
      this.settle(batch);
    }
  }

  /** What this claimer may be given now: of each batch at most one, the first that waits. */
  claimable(claimer: string, limitPerBatch: number): ModelDelivery[] {
    return this.batches.flatMap((batch) => {
      const head = batch.deliveries.filter(isPending).toSorted((one, other) => one.place - other.place)[0];
      const isFree = batch.claimer === undefined || (batch.claimer === claimer && heldOf(batch) < limitPerBatch);
      const isRunning = !batch.paused || batch.expiresAt <= this.now;
      if (head === undefined || !isFree || !isRunning || head.notBefore > this.now) return [];
      const isWithheld = this.verdict(head) === "" && !this.files.has(head.trackKey) && this.isUploaded(head.trackKey);
      return isWithheld ? [] : [head];
    });
  }

  claim(delivery: ModelDelivery, claimer: string, token: bigint, leaseMs: number): void {
    const verdict = this.verdict(delivery);
    delivery.uploads = verdict === "" && !this.files.has(delivery.trackKey);
    delivery.state = DeliveryState.CLAIMED;
    delivery.attempts += 1;
    delivery.reason = verdict;
    delivery.token = token;
    delivery.batch.claimer = claimer;
    delivery.leaseUntil = this.now + leaseMs;
    this.claims.push({ delivery, token, claimer });
  }

  verdict({ resends, attempts, reason, batch }: ModelDelivery): string {
    if (resends > 1) return "MAYBE_SENT";
    if (attempts >= 5) return reason || "TOO_MANY_ATTEMPTS";
    return batch.expiresAt <= this.now ? "EXPIRED" : "";
  }

  /** Whoever holds nothing of a batch does not hold the batch. */
  settle(batch: ModelBatch): void {
    if (heldOf(batch) === 0) batch.claimer = undefined;
  }

  isUploaded(trackKey: string): boolean {
    return this.batches.some(({ deliveries }) => deliveries.some((one) => one.uploads && one.trackKey === trackKey));
  }
}

export function isHeld({ state }: ModelDelivery): boolean {
  return state === DeliveryState.CLAIMED || state === DeliveryState.SENDING;
}

export function isPending({ state }: ModelDelivery): boolean {
  return state === DeliveryState.PENDING;
}

export function isOpen(delivery: ModelDelivery): boolean {
  return isPending(delivery) || isHeld(delivery);
}

function heldOf({ deliveries }: ModelBatch): number {
  return deliveries.filter(isHeld).length;
}
