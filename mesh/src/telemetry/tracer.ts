import type { Tracer } from "@opentelemetry/api";

let current: Tracer | undefined;

/** Makes the spans of this process. Undefined while nobody collects them: the default. */
export function tracer(): Tracer | undefined {
  return current;
}

/** From now on spans are made by `next`; undefined: none are. */
export function useTracer(next: Tracer | undefined): void {
  current = next;
}
