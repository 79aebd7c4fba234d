import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { context, type Span, SpanKind, trace } from "@opentelemetry/api";
import { scopeOf } from "../client/call-scope.js";
import { endCallSpan, methodAttributes, methodName } from "../telemetry/call-span.js";
import { writeTraceContext } from "../telemetry/trace-context.js";
import { tracer } from "../telemetry/tracer.js";
import { ATTEMPTS_HEADER } from "./retry.js";

/**
 * Tells the service where in a trace it is called, and makes a span of the call, with all its attempts, while traces are
 * collected. A call that is made outside of a trace goes out as it is.
 */
export function traceClient(): Interceptor {
  return (next) => (request) => {
    const parent = trace.getActiveSpan();
    if (!parent) return next(request);
    const span = tracer()?.startSpan(
      methodName(request.method),
      { kind: SpanKind.CLIENT, attributes: methodAttributes(request.method) },
      trace.setSpan(context.active(), parent),
    );
    const { headers } = scopeOf(request);
    writeTraceContext((span ?? parent).spanContext(), (name, value) => headers.set(name, value));
    if (!span) return next(request);
    return next(request).then(
      (response) => {
        if (response.stream) scopeOf(request).onStreamEnd((error) => end(span, request, error));
        else end(span, request);
        return response;
      },
      (error: unknown) => {
        end(span, request, error);
        throw error;
      },
    );
  };
}

function end(span: Span, request: UnaryRequest | StreamRequest, error?: unknown): void {
  const repeated = Number(request.header.get(ATTEMPTS_HEADER) ?? 0);
  if (repeated > 0) span.setAttribute("refrain.attempts", repeated + 1);
  endCallSpan(span, error);
}
