import type { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base";
import { onTestFinished } from "vitest";
import { useTracer } from "./tracer.js";

/** Collects the spans of this process until the test has finished. */
export async function collectSpans(): Promise<InMemorySpanExporter> {
  // Loaded here: most tests that use this folder's neighbours want no spans.
  const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = await import("@opentelemetry/sdk-trace-base");
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  useTracer(provider.getTracer("test"));
  onTestFinished(() => {
    useTracer(undefined);
    return provider.shutdown();
  });
  return exporter;
}
