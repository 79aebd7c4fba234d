import { collectDefaultMetrics, Registry } from "prom-client";

/** Everything this process measures; the ops port shows it under /metrics. */
export const metrics = new Registry();

collectDefaultMetrics({ register: metrics });
