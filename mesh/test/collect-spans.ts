import { InMemorySpanExporter, BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { onTestFinished } from "vitest";
import { useTracer } from "../src/telemetry/tracer.js";

/** Collects the spans of this process until the test has finished. */
export function collectSpans(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  useTracer(provider.getTracer("test"));
  onTestFinished(() => {
    useTracer(undefined);
    return provider.shutdown();
  });
  return exporter;
}
