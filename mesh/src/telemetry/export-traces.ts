import type { Logger } from "../log.js";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { deadline } from "../deadline.js";
import { reportExports } from "./report-exports.js";
import { useTracer } from "./tracer.js";

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

/** Time for the last spans at a stop. */
const FLUSH_MS = 1_000;

/**
 * Collects spans and sends them in batches over OTLP. At most OTEL_BSP_MAX_QUEUE_SIZE (2,048) wait; what does not fit is dropped,
 * so that a collector that is slow or gone costs neither calls nor memory.
 */
export function exportTraces({ service, version, logger }: Omit<TracingOptions, "enabled">): Tracing {
  const own = { "service.name": service, "service.namespace": "refrain", "service.version": version };
  const resource = defaultResource()
    .merge(resourceFromAttributes(own))
    // What the operator says about the service goes before what it says of itself.
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor(reportExports(new OTLPTraceExporter(), logger));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  useTracer(provider.getTracer("refrain", version));
  return {
    async stop() {
      useTracer(undefined);
      await deadline(FLUSH_MS, () => provider.shutdown()).catch(() => {}); // the collector's trouble was told when it began
    },
  };
}
