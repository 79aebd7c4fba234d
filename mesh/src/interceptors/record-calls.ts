import { Code, ConnectError, type Interceptor, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import type { Logger } from "../log.js";
import { reasonOf } from "../errors/service-error.js";
import { isUnwellCode } from "../errors/verdict.js";
import { durations } from "../metrics.js";
import { callTraceFields } from "../telemetry/call-trace.js";
import { byMethodAndCode, codeName } from "./by-method-and-code.js";
import { callerKey, REQUEST_ID_HEADER, requestIdOf } from "./call-context.js";
import { isGrpcUnary } from "./headers.js";
import { watchStream } from "./watch-stream.js";

/** Whether an error says that this service is unwell, or behind its contract; the rest is about the call. */
export function isUnwell(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return isUnwellCode(code) || code === Code.Unimplemented;
}

const served = durations(
  "refrain_rpc_server_duration_seconds",
  "Duration of calls by method and code; for a stream, until its end.",
  ["service", "method", "code"],
);
const servedBy = byMethodAndCode((...labels) => served.labels(...labels));

const LEFT_EARLY = new ConnectError("the caller left", Code.Canceled);

/**
 * Gives each call an id, and measures and logs how it ended for the caller.
 *
 * A unary call that went well is logged at `debug`; anything else at `info`, or at `error` when it says that this service is
 * unwell. Never what was asked: listeners' texts stay out of the log.
 */
export function recordCalls(logger: Logger): Interceptor {
  return (next) => async (request) => {
    const startedAt = performance.now();
    const end = (error?: unknown) => {
      const ms = performance.now() - startedAt;
      const code = codeName(error);
      servedBy(request.method, code).observe(ms / 1000);
      log(logger, request, ms, code, error);
      if (error instanceof ConnectError) error.metadata.set(REQUEST_ID_HEADER, requestIdOf(request));
      return error;
    };
    try {
      const response = await next(request);
      // One more header over gRPC costs as much as all that is done here: an answer that went well does without.
      if (!isGrpcUnary(request)) response.header.set(REQUEST_ID_HEADER, requestIdOf(request));
      if (response.stream) return { ...response, message: watchStream(response.message, LEFT_EARLY, end) };
      end();
      return response;
    } catch (error) {
      throw end(error);
    }
  };
}

function log(logger: Logger, request: UnaryRequest | StreamRequest, ms: number, code: string, error: unknown) {
  const level = levelOf(request, error);
  if (!logger.isLevelEnabled(level)) return;
  const method = `${request.service.typeName}/${request.method.name}`;
  const caller = request.contextValues.get(callerKey) || undefined;
  const reason = reasonOf(error);
  const ids = { request_id: requestIdOf(request), ...callTraceFields(request.contextValues) };
  logger[level]({ method, code, reason, ms: Math.round(ms * 10) / 10, caller, ...ids }, "call");
}

function levelOf(request: UnaryRequest | StreamRequest, error: unknown): "debug" | "info" | "error" {
  if (error === undefined) return request.stream ? "info" : "debug";
  return isUnwell(error) ? "error" : "info";
}
