import { isSpanContextValid, ROOT_CONTEXT, type SpanContext, type TextMapGetter, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomTraceContext, readTraceContext, writeTraceContext } from "./trace-context.js";

type Carrier = Readonly<Record<string, string>>;

const getter: TextMapGetter<Carrier> = { keys: (carrier) => Object.keys(carrier), get: (carrier, key) => carrier[key] };

/** What OpenTelemetry's own propagator makes of the same headers. */
const reference = (carrier: Carrier) =>
  trace.getSpanContext(new W3CTraceContextPropagator().extract(ROOT_CONTEXT, carrier, getter));

const read = (carrier: Carrier) => readTraceContext((name) => carrier[name]);

/** Comparable: a trace state is an object with methods. */
const plain = (place: SpanContext | undefined) =>
  place && { ...place, traceFlags: place.traceFlags & 1, traceState: place.traceState?.serialize() };

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const hex = (length: number) => fc.oneof(fc.constant("0".repeat(length)), fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)));
const anyParent = fc
  .tuple(
    fc.constantFrom("00", "01", "cc", "ff", "0", "0g"),
    hex(32),
    hex(16),
    fc.constantFrom("00", "01", "03", "1", "zz"),
    fc.constantFrom("", "-", "-more", " "),
  )
  .map(([version, traceId, spanId, flags, more]) => `${version}-${traceId}-${spanId}-${flags}${more}`);

test("reads every header as OpenTelemetry reads it", () => {
  const parents = fc.oneof(anyParent, fc.string());
  fc.assert(
    fc.property(parents, fc.constantFrom("", "a=1,b=2", "not a state", "x=1,,y=2"), (traceparent, tracestate) => {
      const carrier = { traceparent, ...(tracestate ? { tracestate } : {}) };
      expect(plain(read(carrier))).toEqual(plain(reference(carrier)));
    }),
    { numRuns: 500 },
  );
});

test("no header is no trace", () => {
  expect(readTraceContext(() => null)).toBeUndefined();
});

test("what is written is read again, with the state that the caller sent", () => {
  const place = read({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "vendor=7" });
  const carrier: Record<string, string> = {};
  if (place) writeTraceContext(place, (name, value) => (carrier[name] = value));
  expect(carrier).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "vendor=7" });
});

test("ids that are made up are valid, not collected, and never the same", () => {
  const places = Array.from({ length: 100 }, randomTraceContext);
  expect(places.every((place) => isSpanContextValid(place) && place.traceFlags === 0)).toBe(true);
  expect(new Set(places.flatMap(({ traceId, spanId }) => [traceId, spanId])).size).toBe(200);
});
