import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "./service-error.js";

/** Codes that say the service is unwell. The rest is an answer: about the call, its caller, or what was asked for. */
const UNWELL: ReadonlySet<number> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss,
]);

/** Reasons of UNAVAILABLE by which the service itself answered: another try, or another replica, would say the same. */
const ANSWERED: ReadonlySet<string> = new Set(["SOURCE_UNAVAILABLE", "CIRCUIT_OPEN"]);

/** True for a code, Connect's or gRPC's, which has the same numbers, that counts against a service, whatever its reason. */
export function isUnwellCode(code: number): boolean {
  return UNWELL.has(code);
}

/** True when the service did answer, although the code alone says that it is unavailable. */
export function isAnswered(error: ConnectError): boolean {
  return ANSWERED.has(reasonOf(error) ?? "");
}

/** True when an error counts against the service that gave it: in its circuit breaker, and against one of its replicas. */
export function countsAsFailure(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return isUnwellCode(code) && !(error instanceof ConnectError && isAnswered(error));
}
