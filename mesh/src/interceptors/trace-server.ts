import { ConnectError, Code, type Interceptor } from "@connectrpc/connect";
import { SpanKind } from "@opentelemetry/api";
import { CallTrace, callTraceKey } from "../telemetry/call-trace.js";
import { endCallSpan, methodAttributes, methodName } from "../telemetry/call-span.js";
import { contextUnder, readTraceContext } from "../telemetry/trace-context.js";
import { tracer } from "../telemetry/tracer.js";
import { headerOf } from "./headers.js";
import { isUnwell } from "./record-calls.js";
import { watchStream } from "./watch-stream.js";

const LEFT_EARLY = new ConnectError("the caller left", Code.Canceled);

/**
 * Puts each call into the trace that its caller names, with a span of its own while traces are collected. Without traces it costs
 * one small object: ids are read or made only when a log line wants them.
 */
export function traceServer(): Interceptor {
  return (next) => (request) => {
    const making = tracer();
    if (!making) {
      request.contextValues.set(callTraceKey, new CallTrace(request));
      return next(request);
    }
    const parent = readTraceContext((name) => headerOf(request, name));
    const init = { kind: SpanKind.SERVER, attributes: methodAttributes(request.method) };
    const span = making.startSpan(methodName(request.method), init, contextUnder(parent));
    request.contextValues.set(callTraceKey, new CallTrace(request, span));
    const end = (error?: unknown) => {
      endCallSpan(span, error, isUnwell(error)); // a refusal is a fault of the caller, not of this service
      return error;
    };
    return next(request).then(
      (response) => {
        if (response.stream) return { ...response, message: watchStream(response.message, LEFT_EARLY, end) };
        end();
        return response;
      },
      (error: unknown) => {
        throw end(error);
      },
    );
  };
}
