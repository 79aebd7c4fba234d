import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { circuitBreaker } from "../interceptors/circuit-breaker.js";
import { recordAttempts, recordClientCalls } from "../interceptors/record-client-calls.js";
import { retry } from "../interceptors/retry.js";
import { sendKey } from "../interceptors/send-key.js";
import { traceClient } from "../interceptors/trace-client.js";
import { clientMetrics } from "./client-metrics.js";
import type { Circuits } from "./circuits.js";
import type { RetryBudget } from "./retry-budget.js";

export interface ClientChainOptions {
  /** Key of the service. */
  key: string;
  /** Retries of all calls to the service. */
  budget: RetryBudget;
  /** Absent: no circuit breaker. */
  circuits?: Circuits | undefined;
}

/**
 * The one order of a client's interceptors, outermost first, by name. Below them is the channel: it picks one of the
 * service's addresses in turn, leaves out those that fail, and connects again to those that are gone.
 */
export function clientChain({ key, budget, circuits }: ClientChainOptions): Readonly<Record<string, Interceptor>> {
  const onRetry = ({ parent, name }: DescMethod) => clientMetrics.retries.inc({ service: parent.typeName, method: name });
  return {
    // Outermost: one span for the call with all its attempts.
    trace: traceClient(),
    // Outside of retry, so that a call counts once, with the time its caller waited.
    "call metrics": recordClientCalls(),
    // Once per call: every attempt carries the same headers.
    key: sendKey(key),
    // Outside of the breaker, so that each attempt counts there, and an open one stops retries.
    retry: retry({ budget, onRetry }),
    ...(circuits && { "circuit breaker": circuitBreaker(circuits) }),
    // Innermost: what the wire saw. What the breaker refused never was on it.
    "attempt metrics": recordAttempts(),
  };
}
