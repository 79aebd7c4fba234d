import type { Fetch } from "@refrain/mesh";
import type { ServiceView } from "../shapes/page-api.js";

const DEADLINE_MS = 1500;
const MAX_DETAIL = 120;

/** Asks the `/health` of each service; one that does not answer in time is red. Never rejects. */
export function readServiceLights(
  urls: Readonly<Record<string, string>>,
  signal: AbortSignal,
  get: Fetch = fetch,
): Promise<ServiceView[]> {
  return Promise.all(Object.entries(urls).map(([name, url]) => readLight(name, url, signal, get)));
}

async function readLight(name: string, url: string, signal: AbortSignal, get: Fetch): Promise<ServiceView> {
  const startedAt = performance.now();
  try {
    const response = await get(`${url}/health`, { signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]) });
    const health: unknown = await response.json();
    // Rounded up to 10 ms: a card that changes at every look is not quiet.
    const latency_ms = Math.ceil((performance.now() - startedAt) / 10) * 10;
    return { name, ...judge(health), latency_ms };
  } catch {
    return { name, light: "red", detail: "does not answer", latency_ms: null }; // down, slow or not ours: red says it
  }
}

function judge(health: unknown): Pick<ServiceView, "light" | "detail"> {
  const { status, dependencies } = fieldsOf(health);
  const ill = Object.entries(fieldsOf(dependencies)).filter(([, dependency]) => fieldsOf(dependency)["ok"] === false);
  const detail = ill
    .map(([name, dependency]) => describe(name, fieldsOf(dependency)["detail"]))
    .join("; ")
    .slice(0, MAX_DETAIL);
  if (status === "healthy") return { light: "green", detail: "healthy" };
  if (status === "degraded") return { light: "amber", detail: detail || "degraded" };
  return { light: "red", detail: detail || "unhealthy" };
}

function describe(name: string, detail: unknown): string {
  return typeof detail === "string" && detail !== "" ? `${name}: ${detail}` : `${name} is away`;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
