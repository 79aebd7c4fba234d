import { Gauge } from "prom-client";
import { counter, durations, metrics } from "../metrics.js";
import type { RetryBudget } from "./retry-budget.js";

const METHOD = ["service", "method"] as const;
const METHOD_AND_CODE = [...METHOD, "code"] as const;

/** What the clients of this process measure. */
export const clientMetrics = {
  duration: durations(
    "refrain_rpc_client_duration_seconds",
    "Duration of calls by method and status code, all attempts together; for a stream, until its end.",
    METHOD_AND_CODE,
  ),
  attempts: counter(
    "refrain_rpc_client_attempts_total",
    "Attempts that were sent, by method and status code; a call that is repeated makes several.",
    METHOD_AND_CODE,
  ),
  retries: counter("refrain_rpc_client_retries_total", "Attempts that were made because the one before failed.", METHOD),
  circuitState: new Gauge({
    name: "refrain_circuit_state",
    help: "State of a method's circuit breaker: 0 closed, 1 half-open, 2 open.",
    labelNames: METHOD,
    registers: [metrics],
  }),
  circuitRejections: counter(
    "refrain_circuit_rejections_total",
    "Calls that failed at once because the circuit was open.",
    METHOD,
  ),
  budget: new Gauge({
    name: "refrain_rpc_client_retry_budget",
    help: "Retries that may be made now, by service.",
    labelNames: ["service"],
    registers: [metrics],
    collect() {
      for (const [budget, service] of budgets) this.set({ service }, budget.tokens);
    },
  }),
};

/** The budgets of the clients that are open, by service. */
const budgets = new Map<RetryBudget, string>();

/** Shows a budget until the returned function is called. */
export function showBudget(budget: RetryBudget, service: string): () => void {
  budgets.set(budget, service);
  return () => budgets.delete(budget);
}
