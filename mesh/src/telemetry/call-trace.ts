import { type ContextValues, createContextKey, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import { type Span, trace } from "@opentelemetry/api";
import { headerOf } from "../interceptors/headers.js";
import { traceFields, type TraceFields } from "./trace-fields.js";
import { randomTraceContext, readTraceContext } from "./trace-context.js";

/**
 * Where a call stands in its trace. Without a span of its own this is read from its headers, or made up, when somebody asks:
 * of most calls nobody does.
 */
export class CallTrace {
  readonly #request: UnaryRequest | StreamRequest;
  #span: Span | undefined;

  constructor(request: UnaryRequest | StreamRequest, span?: Span) {
    this.#request = request;
    this.#span = span;
  }

  get span(): Span {
    if (this.#span) return this.#span;
    const place = readTraceContext((name) => headerOf(this.#request, name)) ?? randomTraceContext();
    this.#span = trace.wrapSpanContext(place);
    return this.#span;
  }
}

/** Set by the outermost interceptor of a server. */
export const callTraceKey = createContextKey<CallTrace | undefined>(undefined, { description: "trace" });

/** The span of a call that a handler answers: parent of what it starts. Undefined outside of a server. */
export function callSpan(values: ContextValues): Span | undefined {
  return values.get(callTraceKey)?.span;
}

/** Ids of a call for a log line about it. */
export function callTraceFields(values: ContextValues): TraceFields {
  return traceFields(callSpan(values));
}
