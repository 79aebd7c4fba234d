import { performance } from "node:perf_hooks";
import { deadline, type Dependency, type HealthDetails, type Redis } from "@refrain/mesh";
import type { FileStore } from "./files/file-store.js";
import type { Source, SourceState } from "./sources/source.js";

/** Redis is close by, or it is of no use. */
const REDIS_MS = 500;

export interface HealthOptions {
  sources: readonly Source[];
  store: Pick<FileStore, "probe">;
  /** Undefined: music runs without. */
  redis: Pick<Redis, "ping"> | undefined;
}

/** What `/health` tells: every source, the folder of stored files, and Redis where there is one. */
export async function readHealth({ sources, store, redis }: HealthOptions, signal: AbortSignal): Promise<HealthDetails> {
  const probes: [string, () => Promise<SourceState>, boolean][] = [
    // Without its files music can do nothing; without one source, or Redis, it can do less.
    ["files", () => store.probe(), true],
    ...sources.map((source): [string, () => Promise<SourceState>, boolean] => [source.name, () => source.probe(signal), false]),
  ];
  if (redis) probes.push(["redis", () => probeRedis(redis), false]);
  const answers = await Promise.all(
    probes.map(async ([name, probe, critical]) => [name, await measure(probe, critical)] as const),
  );
  const dependencies: HealthDetails["dependencies"] = Object.fromEntries(answers);
  return { dependencies, fields: { redis_connected: dependencies["redis"]?.ok === true } };
}

async function probeRedis(redis: Pick<Redis, "ping">): Promise<SourceState> {
  const ok = await deadline(REDIS_MS, () => redis.ping()).then(
    () => true,
    () => false,
  );
  return {
    ok,
    detail: ok
      ? "downloads and limits are shared by all replicas"
      : "does not answer: each replica counts its own calls, and only stored files can be had",
  };
}

async function measure(probe: () => Promise<SourceState>, critical: boolean): Promise<Dependency> {
  const started = performance.now();
  // An error's text may hold a path, which `/health` must not show.
  const { ok, detail } = await probe().catch(() => ({ ok: false, detail: "cannot be reached" }));
  return { ok, detail, critical, latency_ms: Math.round(performance.now() - started) };
}
