/** Why storage does not do what was asked of a delivery or batch. */
export type RefusalReason =
  | "DELIVERY_NOT_FOUND"
  | "BATCH_NOT_FOUND"
  | "LEASE_LOST"
  | "GIVEN_UP"
  | "NOT_ITS_TURN"
  | "NOT_SENDING"
  | "TOO_MANY_DELIVERIES";

/** A call about a delivery or batch that cannot be done, and the reason its caller gets. */
export class DeliveryRefusedError extends Error {
  override readonly name = "DeliveryRefusedError";
  readonly reason: RefusalReason;
  /** More for the caller, such as a limit. */
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: RefusalReason, message: string, metadata: Readonly<Record<string, string>> = {}) {
    super(message);
    this.reason = reason;
    this.metadata = metadata;
  }
}
