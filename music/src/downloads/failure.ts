import { Code, ConnectError } from "@connectrpc/connect";
import { errorMetadata, reasonOf, retryAfterMs } from "@refrain/mesh";
import { type Failure, FetchFailedError, toConnectError } from "../errors.js";

const INTERNAL = "INTERNAL";

/** What a fetch failed with, as it travels between replicas. */
export function toFailure(error: unknown): Failure {
  if (error instanceof FetchFailedError) return error.failure;
  const answer = toConnectError(error);
  const reason = reasonOf(answer);
  // What nobody expected goes to the log of the replica where it happened.
  if (!(answer instanceof ConnectError) || reason === undefined)
    return { code: Code.Internal, reason: INTERNAL, message: "internal error", metadata: {} };
  const { code, rawMessage: message } = answer;
  const waitMs = retryAfterMs(answer);
  return { code, reason, message, metadata: errorMetadata(answer), ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
}

/** True for what a fetch fails with that nobody waits for any more, here or on another replica. */
export function isCancelled(error: unknown): boolean {
  return toFailure(error).reason === "DOWNLOAD_CANCELLED";
}
