import { performance } from "node:perf_hooks";
import type { Dependency, HealthDetails } from "@refrain/mesh";
import type { FileStore } from "./files/file-store.js";
import type { Source, SourceState } from "./sources/source.js";

/** What `/health` tells: every source, the folder of stored files, and that there is no Redis yet. */
export async function readHealth(sources: readonly Source[], store: FileStore, signal: AbortSignal): Promise<HealthDetails> {
  const probes: [string, () => Promise<SourceState>, boolean][] = [
    // Without its files music can do nothing; without one source it can do less.
    ["files", () => store.probe(), true],
    ...sources.map((source): [string, () => Promise<SourceState>, boolean] => [source.name, () => source.probe(signal), false]),
  ];
  const answers = await Promise.all(
    probes.map(async ([name, probe, critical]) => [name, await measure(probe, critical)] as const),
  );
  return { dependencies: Object.fromEntries(answers), fields: { redis_connected: false } };
}

async function measure(probe: () => Promise<SourceState>, critical: boolean): Promise<Dependency> {
  const started = performance.now();
  // An error's text may hold a path, which `/health` must not show.
  const { ok, detail } = await probe().catch(() => ({ ok: false, detail: "cannot be reached" }));
  return { ok, detail, critical, latency_ms: Math.round(performance.now() - started) };
}
