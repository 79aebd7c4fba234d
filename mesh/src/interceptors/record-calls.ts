import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import { Histogram, type Registry } from "prom-client";
import type { Logger } from "../log.js";
import { reasonOf } from "../errors/service-error.js";
import { callTraceFields } from "../telemetry/call-trace.js";
import { callerKey, REQUEST_ID_HEADER, requestId, requestIdKey } from "./call-context.js";
import { answerHeader, headerOf } from "./headers.js";
import { watchStream } from "./watch-stream.js";

const UNWELL = new Set([Code.Unknown, Code.Internal, Code.DataLoss, Code.Unavailable, Code.DeadlineExceeded, Code.Unimplemented]);

/** Whether an error says that the server is unwell; the rest is about the call. */
export function isUnwell(error: unknown): boolean {
  return UNWELL.has(ConnectError.from(error).code);
}

const LEFT_EARLY = new ConnectError("the caller left", Code.Canceled);

/** `ok` or the code's name as gRPC spells it, such as `invalid_argument`. */
export function codeName(error?: unknown): string {
  if (error === undefined) return "ok";
  const name = Code[ConnectError.from(error).code] ?? "Unknown";
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** Measures calls by method and code. prom-client looks labels up anew each time; there are few, so they are kept. */
function createMeter(registry: Registry): (method: DescMethod, code: string, seconds: number) => void {
  const name = "refrain_rpc_server_duration_seconds";
  const existing = registry.getSingleMetric(name);
  const histogram = existing instanceof Histogram ? existing : durationHistogram(name, registry);
  const byMethod = new Map<DescMethod, Map<string, { observe(seconds: number): void }>>();
  return (method, code, seconds) => {
    const byCode = byMethod.get(method) ?? new Map<string, { observe(seconds: number): void }>();
    const observer = byCode.get(code) ?? histogram.labels(method.parent.typeName, method.name, code);
    if (byCode.size === 0) byMethod.set(method, byCode);
    byCode.set(code, observer);
    observer.observe(seconds);
  };
}

function durationHistogram(name: string, registry: Registry) {
  return new Histogram({
    name,
    help: "Duration of calls by method and status code; for a stream, until its end.",
    labelNames: ["service", "method", "code"],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120],
    registers: [registry],
  });
}

/**
 * Gives each call an id, and measures and logs how it ended for the caller.
 *
 * A unary call that went well is logged at `debug`; anything else at `info`, or at `error` when it says that this service is
 * unwell. Never what was asked: listeners' texts stay out of the log.
 */
export function recordCalls(logger: Logger, registry: Registry): Interceptor {
  const measure = createMeter(registry);
  return (next) => async (request) => {
    const id = requestId(headerOf(request, REQUEST_ID_HEADER));
    request.contextValues.set(requestIdKey, id);
    const startedAt = performance.now();
    const end = (error?: unknown) => {
      const ms = performance.now() - startedAt;
      const code = codeName(error);
      measure(request.method, code, ms / 1000);
      log(logger, request, id, ms, code, error);
      return error;
    };
    try {
      const response = await next(request);
      answerHeader(request, response, REQUEST_ID_HEADER, id);
      if (response.stream) return { ...response, message: watchStream(response.message, LEFT_EARLY, end) };
      end();
      return response;
    } catch (error) {
      throw end(error);
    }
  };
}

function log(logger: Logger, request: UnaryRequest | StreamRequest, id: string, ms: number, code: string, error: unknown) {
  const level = levelOf(request, error);
  if (!logger.isLevelEnabled(level)) return;
  const method = `${request.service.typeName}/${request.method.name}`;
  const caller = request.contextValues.get(callerKey) || undefined;
  const reason = reasonOf(error);
  const ids = { request_id: id, ...callTraceFields(request.contextValues) };
  logger[level]({ method, code, reason, ms: Math.round(ms * 10) / 10, caller, ...ids }, "call");
}

function levelOf(request: UnaryRequest | StreamRequest, error: unknown): "debug" | "info" | "error" {
  if (error === undefined) return request.stream ? "info" : "debug";
  return isUnwell(error) ? "error" : "info";
}
