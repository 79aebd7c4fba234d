import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ClaimedDelivery, Delivery, RenewedLease } from "@refrain/gen/refrain/storage/v1/delivery_pb";

/** A delivery that this process has claimed. */
export interface HeldDelivery {
  readonly delivery: Delivery;
  readonly token: bigint;
  /** Milliseconds since 1970. Before that nobody else has it. */
  leaseUntilMs: number;
}

/** The claimed deliveries of one batch. */
export class HeldBatch {
  readonly #held = new Map<string, HeldDelivery>();

  get size(): number {
    return this.#held.size;
  }

  /** In the batch's order. What is tried again on request comes last there, which nobody knows here: storage refuses it until then. */
  get inOrder(): HeldDelivery[] {
    return this.all().toSorted((one, other) => one.delivery.position - other.delivery.position);
  }

  all(): HeldDelivery[] {
    return [...this.#held.values()];
  }

  /** A delivery that was claimed anew replaces what was held of it. */
  add({ delivery, token, leaseUntil }: ClaimedDelivery): void {
    if (delivery && leaseUntil) this.#held.set(delivery.id, { delivery, token, leaseUntilMs: timestampMs(leaseUntil) });
  }

  /** Work on it is over, or somebody else's. */
  remove(held: HeldDelivery): void {
    if (this.has(held)) this.#held.delete(held.delivery.id);
  }

  /** Leaves all of it to whoever comes next. */
  letGo(): void {
    this.#held.clear();
  }

  has(held: HeldDelivery): boolean {
    return this.#held.get(held.delivery.id) === held;
  }

  renewed(held: HeldDelivery, { renewed, leaseUntil }: RenewedLease): void {
    if (renewed && leaseUntil) held.leaseUntilMs = timestampMs(leaseUntil);
    else this.remove(held);
  }
}

/** True: somebody else may have it. */
export function isOver({ leaseUntilMs }: HeldDelivery): boolean {
  return Date.now() >= leaseUntilMs;
}
