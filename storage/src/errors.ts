import { Code } from "@connectrpc/connect";
import { serviceError } from "@refrain/mesh";
import { DeliveryRefusedError, type RefusalReason } from "./repo/deliveries/refused-error.js";
import { isDatabaseUnavailable } from "./repo/unavailable.js";

/** A track's key is not that of its url. */
export class TrackKeyMismatchError extends Error {
  override readonly name = "TrackKeyMismatchError";
}

/** A page token is mangled, or was made for another user, query or order. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

/** This user never had such a track. */
export class SavedTrackNotFoundError extends Error {
  override readonly name = "SavedTrackNotFoundError";
}

/** A name holds what no PostgreSQL text can: it is refused rather than changed, for a changed name is another one. */
export class UnstorableNameError extends Error {
  override readonly name = "UnstorableNameError";
  /** Field of the request. */
  readonly field: string;

  constructor(field: string) {
    super(`${field} must be Unicode text without NUL`);
    this.field = field;
  }
}

const RETRY_MS = 1_000;

const REFUSAL_CODES: Readonly<Record<RefusalReason, Code>> = {
  DELIVERY_NOT_FOUND: Code.NotFound,
  BATCH_NOT_FOUND: Code.NotFound,
  LEASE_LOST: Code.FailedPrecondition,
  GIVEN_UP: Code.FailedPrecondition,
  NOT_ITS_TURN: Code.FailedPrecondition,
  NOT_SENDING: Code.FailedPrecondition,
  TOO_MANY_DELIVERIES: Code.ResourceExhausted,
};

/** Turns what went wrong inside storage into what a caller may know. Anything unknown stays as it is, and becomes INTERNAL. */
export function toConnectError(reason: unknown): unknown {
  if (reason instanceof TrackKeyMismatchError) {
    return serviceError(Code.InvalidArgument, "TRACK_KEY_MISMATCH", reason.message, { cause: reason });
  }
  if (reason instanceof PageTokenError) {
    return serviceError(Code.InvalidArgument, "PAGE_TOKEN_INVALID", reason.message, { cause: reason });
  }
  if (reason instanceof SavedTrackNotFoundError) {
    return serviceError(Code.NotFound, "SAVED_TRACK_NOT_FOUND", reason.message, { cause: reason });
  }
  if (reason instanceof UnstorableNameError) {
    const violations = [{ field: reason.field, description: "must be Unicode text without NUL" }];
    return serviceError(Code.InvalidArgument, "INVALID_ARGUMENT", reason.message, { violations, cause: reason });
  }
  if (reason instanceof DeliveryRefusedError) {
    const { metadata } = reason;
    return serviceError(REFUSAL_CODES[reason.reason], reason.reason, reason.message, { metadata, cause: reason });
  }
  if (isDatabaseUnavailable(reason)) {
    return serviceError(Code.Unavailable, "DATABASE_UNAVAILABLE", "the database does not answer", {
      retryAfterMs: RETRY_MS,
      cause: reason,
    });
  }
  return reason;
}
