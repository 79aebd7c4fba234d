import { deadline } from "../deadline.js";

/** One thing a service depends on. */
export interface Dependency {
  ok: boolean;
  latency_ms?: number;
  /** One plain sentence. No secret, path or inner address. */
  detail?: string;
  /** State of the circuit breaker of each method of it that was called: closed, half_open or open. */
  circuits?: Readonly<Record<string, string>>;
  /** True: without it the service is unhealthy, else only degraded. */
  critical?: boolean;
}

export interface HealthDetails {
  dependencies: Record<string, Dependency>;
  /** More top-level fields, such as `database_connected`. */
  fields?: Record<string, boolean>;
}

/** Asks a service for its dependencies. The signal fires at the deadline. */
export type HealthProbe = (signal: AbortSignal) => Promise<HealthDetails>;

/** The body of `GET /health`. */
export interface HealthReport {
  status: "healthy" | "degraded" | "unhealthy";
  service: string;
  version: string;
  /** Unix seconds. */
  timestamp: number;
  uptime_seconds: number;
  dependencies: Record<string, Omit<Dependency, "critical">>;
  [field: string]: unknown;
}

const PROBE_TIMEOUT_MS = 2_000;

/** Runs the probe, for 2 s at most, and sums it up. A probe that throws or hangs makes the service unhealthy. */
export async function healthReport(service: string, version: string, probe: HealthProbe): Promise<HealthReport> {
  const details = await deadline(PROBE_TIMEOUT_MS, probe).catch(
    (): HealthDetails => ({
      dependencies: { [service]: { ok: false, critical: true, detail: "the health check itself failed" } },
    }),
  );
  const all = Object.entries(details.dependencies);
  const failed = all.filter(([, { ok }]) => !ok);
  const status = failed.length === 0 ? "healthy" : failed.some(([, { critical }]) => critical) ? "unhealthy" : "degraded";
  return {
    status,
    service,
    version,
    timestamp: Math.floor(Date.now() / 1000),
    uptime_seconds: Math.floor(process.uptime()),
    ...details.fields,
    dependencies: Object.fromEntries(all.map(([name, { critical: _, ...dependency }]) => [name, dependency])),
  };
}
