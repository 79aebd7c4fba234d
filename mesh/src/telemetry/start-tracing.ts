import type { Tracing, TracingOptions } from "./export-traces.js";

export type { Tracing } from "./export-traces.js";

/** Starts to collect and send spans, when that is wanted. OpenTelemetry's own variables (OTEL_…) say how. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (!options.enabled) return { stop: async () => {} };
  const { exportTraces } = await import("./export-traces.js");
  return exportTraces(options);
}
