import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { reasonOf, serviceError } from "../errors/service-error.js";
import type { Logger } from "../log.js";
import { callTraceFields } from "../telemetry/call-trace.js";
import { requestIdOf } from "./call-context.js";
import { watchStream } from "./watch-stream.js";

/** Reasons of errors that no handler gave a reason of its own. */
const DEFAULT_REASONS: Partial<Record<Code, string>> = {
  [Code.Canceled]: "CANCELLED",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
  [Code.Unimplemented]: "UNIMPLEMENTED",
  [Code.InvalidArgument]: "INVALID_ARGUMENT",
  [Code.ResourceExhausted]: "RESOURCE_EXHAUSTED",
};

export interface ErrorMapping {
  /** Turns a service's own errors into ConnectErrors and returns everything else as it is. */
  toConnectError?: ((reason: unknown) => unknown) | undefined;
  logger: Logger;
}

/**
 * Whatever a handler throws leaves as a ConnectError with ErrorInfo. What nobody expected becomes INTERNAL without any
 * inner text; its cause goes to the log with the ids of request and trace.
 */
export function mapErrors({ toConnectError = (reason) => reason, logger }: ErrorMapping): Interceptor {
  return (next) => async (request) => {
    const translate = (reason: unknown): ConnectError => {
      // A handler that stopped on its signal rethrows the signal's reason, often a plain AbortError: say why it was aborted.
      const error = toConnectError(request.signal.aborted && isAbort(reason) ? request.signal.reason : reason);
      if (error instanceof ConnectError && expected(error)) return withReason(error);
      const ids = { request_id: requestIdOf(request), ...callTraceFields(request.contextValues) };
      logger.error({ err: error, ...ids }, "unexpected error");
      return serviceError(Code.Internal, "INTERNAL", "internal error", { cause: error });
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: watchStream(response.message, undefined, (error) => error && translate(error)) };
    } catch (reason) {
      throw translate(reason);
    }
  };
}

function isAbort(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "AbortError";
}

/** INTERNAL and UNKNOWN are no answers of a handler: they mean that something threw. */
function expected(error: ConnectError): boolean {
  return reasonOf(error) !== undefined || (error.code !== Code.Internal && error.code !== Code.Unknown);
}

function withReason(error: ConnectError): ConnectError {
  if (reasonOf(error) !== undefined) return error;
  const name = DEFAULT_REASONS[error.code] ?? "FAILED";
  return serviceError(error.code, name, error.rawMessage, { cause: error });
}
