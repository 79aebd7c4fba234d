import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Everything this process measures; the ops port shows it under /metrics. */
export const metrics = new Registry();

collectDefaultMetrics({ register: metrics });

/** Seconds: from a lookup in memory to a long download. */
const BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120];

/** What gauges show now, by name. */
const readings = new Map<string, () => number>();
const labelledReadings = new Map<string, () => Iterable<readonly [string, number]>>();

/** A counter that /metrics shows. Labels have few values: never a user, an address or a text. */
export function counter<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [metrics] });
}

/** Durations in seconds, from 1 ms to 2 minutes, that /metrics shows. Labels as for `counter`. */
export function durations<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Histogram<Label> {
  return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: [metrics] });
}

/** A value that is read whenever somebody looks at /metrics. Of two readers of one name the later counts. */
export function gauge(name: string, help: string, read: () => number): void {
  const isKnown = readings.has(name);
  readings.set(name, read);
  if (isKnown) return;
  const shown: Gauge = new Gauge({
    name,
    help,
    registers: [],
    collect: (): void => shown.set(readings.get(name)?.() ?? 0),
  });
  metrics.registerMetric(shown);
}

/** Values by one label, read whenever somebody looks at /metrics. Of two readers of one name the later counts. Labels as for `counter`. */
export function gaugeBy(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
  const isKnown = labelledReadings.has(name);
  labelledReadings.set(name, read);
  if (isKnown) return;
  const shown: Gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [],
    collect: (): void => {
      shown.reset();
      for (const [value, reading] of labelledReadings.get(name)?.() ?? []) shown.set({ [label]: value }, reading);
    },
  });
  metrics.registerMetric(shown);
}
