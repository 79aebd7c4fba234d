import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace, INVALID_SPAN_CONTEXT } from "@opentelemetry/api";
import { ConnectError } from "@connectrpc/connect";
import { codeName } from "../interceptors/by-method-and-code.js";
import { reasonOf } from "../errors/service-error.js";
import { contextUnder, randomTraceContext, readTraceContext, writeTraceContext } from "./trace-context.js";
import { tracer } from "./tracer.js";

export type { Span } from "@opentelemetry/api";

/** What is known of a span when it starts. */
export interface SpanInit {
  /** Default: the span that is active, in processes that follow their asynchronous work. */
  parent?: Span | undefined;
  /** True: the work is a call to somebody else. */
  outgoing?: boolean;
  /** Never a listener's text, a key, a token or an address that holds one. */
  attributes?: Attributes;
}

/** Stands for a span where none is made; whatever it is told, it forgets. */
const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Begins a span under its parent. Outside of a trace, and while traces are off, one that forgets everything. */
export function startSpan(name: string, { parent, outgoing, attributes = {} }: SpanInit = {}): Span {
  const making = tracer();
  const above = parent ?? trace.getActiveSpan();
  if (!making || !above) return NO_SPAN;
  const kind = outgoing ? SpanKind.CLIENT : SpanKind.INTERNAL;
  return making.startSpan(name, { kind, attributes }, trace.setSpan(context.active(), above));
}

/** Runs work in a span, which ends with it and says how; see `startSpan`. */
export async function inSpan<T>(name: string, init: SpanInit, work: (span: Span) => Promise<T>): Promise<T> {
  const span = startSpan(name, init);
  if (span === NO_SPAN) return work(span);
  try {
    const answer = await context.with(trace.setSpan(context.active(), span), work, undefined, span);
    endSpan(span);
    return answer;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}

/**
 * Begins a trace: whatever `work` does and starts is a part of it, in a process that follows its asynchronous work. While traces
 * are off, it still has ids, so that its log lines can be found.
 */
export function inTrace<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const making = tracer();
  if (!making) return context.with(contextUnder(randomTraceContext()), work);
  const span = making.startSpan(name, { root: true, kind: SpanKind.CONSUMER, attributes });
  const working = context.with(trace.setSpan(contextUnder(undefined), span), work);
  working.then(
    () => endSpan(span),
    (error: unknown) => endSpan(span, error),
  );
  return working;
}

/** Headers that tell whoever is asked over HTTP where in a trace that is; none outside of a trace. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const place = trace.getActiveSpan()?.spanContext();
  if (place) writeTraceContext(place, (name, value) => (headers[name] = value));
  return headers;
}

/**
 * Ends a span. Of an error it says only the kind: a message may hold what is nobody's business.
 *
 * @param isFault false: the error is an answer, so that the span does not count as failed; default true
 */
export function endSpan(span: Span, error?: unknown, isFault = true): void {
  if (error !== undefined) span.setAttribute("error.type", errorType(error));
  if (error !== undefined && isFault) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function errorType(error: unknown): string {
  if (error instanceof ConnectError) return reasonOf(error) ?? codeName(error);
  return error instanceof Error ? error.name : "Error";
}

/** Headers that tell whoever goes on with a span's work, later or elsewhere, where in a trace that is. */
export function spanHeaders(span: Span | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (span && trace.isSpanContextValid(span.spanContext()))
    writeTraceContext(span.spanContext(), (name, value) => (headers[name] = value));
  return headers;
}

/** Stands for a span of another process, of which `spanHeaders` told, as a parent of one's own. Undefined: there is none. */
export function remoteSpan(headers: Readonly<Record<string, string>>): Span | undefined {
  const place = readTraceContext((name) => headers[name]);
  return place && trace.wrapSpanContext(place);
}
