import type { Logger } from "../log.js";

export interface TracingOptions {
  /** Name of the service: `service.name` of all its spans, unless OTEL_SERVICE_NAME gives another one. */
  service: string;
  version: string;
  /** True: spans go where OTEL_EXPORTER_OTLP_ENDPOINT says. False: none are made, and nothing is loaded. */
  enabled: boolean;
  /** Told once when the collector does not take them, and once when it does again. */
  logger: Logger;
}

/** The traces of this process. */
export interface Tracing {
  /** Sends what is left, for one second at most. Never rejects. */
  stop(): Promise<void>;
}

/** Starts to collect and send spans, when that is wanted. OpenTelemetry's own variables (OTEL_…) say how. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (!options.enabled) return { stop: async () => {} };
  const { exportTraces } = await import("./export-traces.js");
  return exportTraces(options);
}
