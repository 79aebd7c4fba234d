import { isSpanContextValid, type Span } from "@opentelemetry/api";

/** Fields of a log line that belongs to a trace. */
export interface TraceFields {
  trace_id?: string;
  span_id?: string;
}

/** Ids of a span for a log line; nothing outside of a trace. */
export function traceFields(span: Span | undefined): TraceFields {
  const place = span?.spanContext();
  return place && isSpanContextValid(place) ? { trace_id: place.traceId, span_id: place.spanId } : {};
}
