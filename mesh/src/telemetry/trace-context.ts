import { randomBytes } from "node:crypto";
import { type Context, createTraceState, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";

/** Headers of W3C Trace Context, on HTTP requests and in gRPC metadata. */
const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";

/** Version, trace id, span id, flags; versions to come may add more. Neither id is all zeros. */
const PARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Reads the place in a trace that a caller has sent. Undefined: none, or a malformed one, which then does not count. */
export function readTraceContext(get: (name: string) => string | null | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = PARENT.exec(get(TRACEPARENT)?.trim() ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || (version === "00" && more !== undefined)) return undefined;
  const state = get(TRACESTATE);
  const place = { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16) & 1, isRemote: true };
  return state ? { ...place, traceState: createTraceState(state) } : place;
}

/** Tells whoever is called where in a trace the call is made. */
export function writeTraceContext(place: SpanContext, set: (name: string, value: string) => void): void {
  set(TRACEPARENT, `00-${place.traceId}-${place.spanId}-${place.traceFlags & 1 ? "01" : "00"}`);
  const state = place.traceState?.serialize();
  if (state) set(TRACESTATE, state);
}

/** A new place that nobody collects: its ids tie log lines together. */
export function randomTraceContext(): SpanContext {
  const digits = randomBytes(24).toString("hex");
  return { traceId: digits.slice(0, 32), spanId: digits.slice(32), traceFlags: 0 };
}

/** OpenTelemetry's context with nothing in it but a parent; without one, a span in it begins a trace. */
export function contextUnder(parent: SpanContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
