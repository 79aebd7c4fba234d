import { metrics } from "@refrain/mesh";
import type { ServiceProcess } from "./service-process.js";

type Labels = Readonly<Record<string, string>>;

/** Sum of a metric's series that have these labels, from the text that Prometheus reads. 0 when there is none. */
export function sumOf(text: string, name: string, labels: Labels = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const isOfIt = (line: string) => line.startsWith(`${name}{`) || line.startsWith(`${name} `);
  const series = text.split("\n").filter((line) => isOfIt(line) && wanted.every((part) => line.includes(part)));
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

const ATTEMPTS = "refrain_rpc_client_attempts_total";
const SERVED = "refrain_rpc_server_duration_seconds_count";

/** Attempts that clients of this process have made to call a method of music. */
export async function attemptsHere(method: string): Promise<number> {
  return sumOf(await metrics.metrics(), ATTEMPTS, { method });
}

/** Attempts that a service's clients have made. */
export async function attemptsOf(service: ServiceProcess, method: string): Promise<number> {
  return sumOf(await service.metrics(), ATTEMPTS, { method });
}

/** Calls of a method that a service has answered since its start. */
export async function servedBy(service: ServiceProcess, method: string): Promise<number> {
  return sumOf(await service.metrics(), SERVED, { method });
}

const OPEN = 2;

/** True while the circuit breaker of a method is open in a service's client. */
export async function circuitIsOpen(service: ServiceProcess, method: string): Promise<boolean> {
  return sumOf(await service.metrics(), "refrain_circuit_state", { method }) === OPEN;
}
