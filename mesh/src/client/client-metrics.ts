import { Counter, Gauge, Histogram } from "prom-client";
import { metrics } from "../metrics.js";
import type { RetryBudget } from "./retry-budget.js";

const registers = [metrics];
const labelNames = ["service", "method"] as const;

/** The budgets of the clients that are open, by service. */
const budgets = new Map<RetryBudget, string>();

/** Shows a budget until the returned function is called. */
export function showBudget(budget: RetryBudget, service: string): () => void {
  budgets.set(budget, service);
  return () => budgets.delete(budget);
}

/** What the clients of this process measure. */
export const clientMetrics = {
  duration: new Histogram({
    name: "refrain_rpc_client_duration_seconds",
    help: "Duration of calls by method and status code, all attempts together; for a stream, until its end.",
    labelNames: [...labelNames, "code"],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120],
    registers,
  }),
  attempts: new Counter({
    name: "refrain_rpc_client_attempts_total",
    help: "Attempts that were sent, by method and status code; a call that is repeated makes several.",
    labelNames: [...labelNames, "code"],
    registers,
  }),
  retries: new Counter({
    name: "refrain_rpc_client_retries_total",
    help: "Attempts that were made because the one before failed.",
    labelNames,
    registers,
  }),
  budget: new Gauge({
    name: "refrain_rpc_client_retry_budget",
    help: "Retries that may be made now, by service.",
    labelNames: ["service"],
    registers,
    collect() {
      for (const [budget, service] of budgets) this.set({ service }, budget.tokens);
    },
  }),
  circuitState: new Gauge({
    name: "refrain_circuit_state",
    help: "State of a method's circuit breaker: 0 closed, 1 half-open, 2 open.",
    labelNames,
    registers,
  }),
  circuitRejections: new Counter({
    name: "refrain_circuit_rejections_total",
    help: "Calls that failed at once because the circuit was open.",
    labelNames,
    registers,
  }),
};
