import { SearchKind, type GetSearchCacheResponse } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
import { findPostgres, startPostgres } from "@refrain/storage/testing-postgres";
import { callFor } from "./lanes.js";
import { processUsage } from "./process-usage.js";
import { sampleTrack } from "./sample-tracks.js";
import { KEY, startService, type Service } from "./service.js";
import { median, type Table } from "./table.js";

const QUERIES = 100;
const TRACKS = 50;
/** So many calls have been compiled, however slow the machine is. */
const WARM_UP_CALLS = 3_000;
const WARM_UP_MS = 500;

type Storage = ServiceClient<typeof StorageService>["client"];

/** One way through the cache. */
interface Path {
  readonly name: string;
  /** Before each round. */
  prepare(storage: Storage): Promise<void>;
  query(index: number): string;
  isRight(answer: GetSearchCacheResponse): boolean;
}

interface Figures {
  readonly calls: number;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

const search = (query: string) => ({ kind: SearchKind.QUERY, query });
const tracks = Array.from({ length: TRACKS }, (_, index) => sampleTrack(index));
const hasAll = ({ results, refreshLease }: GetSearchCacheResponse) => results?.tracks.length === TRACKS && !refreshLease;

/** Keeps results under a number of queries. */
async function keep(storage: Storage, name: string, failedSources: string[]): Promise<void> {
  for (let index = 0; index < QUERIES; index++) {
    await storage.setSearchCache({ ...search(`${name} ${index}`), results: { tracks, failedSources } });
  }
}

let misses = 0;

const PATHS: readonly Path[] = [
  {
    name: "hit in memory",
    prepare: (storage) => keep(storage, "whole", []),
    query: (index) => `whole ${index % QUERIES}`,
    isRight: hasAll,
  },
  {
    // Incomplete results are never held in memory.
    name: "hit in the database",
    prepare: (storage) => keep(storage, "half", ["yt"]),
    query: (index) => `half ${index % QUERIES}`,
    isRight: hasAll,
  },
  {
    name: "miss, with a lease",
    prepare: async () => {},
    query: () => `nobody asked ${misses++}`,
    isRight: ({ cached, refreshLease }) => !cached && refreshLease,
  },
];

async function measure(service: Service, storage: Storage, path: Path, ms: number): Promise<Figures> {
  const { pid = 0 } = service.process;
  let calls = 0;
  const call = async () => {
    const answer = await storage.getSearchCache(search(path.query(calls++)));
    if (!path.isRight(answer)) throw new Error(`a wrong answer: ${path.name}`);
  };
  await path.prepare(storage);
  const before = await processUsage(pid);
  const perSecond = await callFor(call, ms);
  const after = await processUsage(pid);
  return { calls, perSecond, cpuMicroseconds: ((after.cpuMs - before.cpuMs) * 1_000) / calls };
}

async function benchDatabase(name: string, databaseUrl: string, rounds: number, ms: number): Promise<Table> {
  const service = await startService("storage", { DATABASE_URL: databaseUrl });
  const { client, close } = createServiceClient(StorageService, { target: service.target, key: KEY, defaultTimeoutMs: 10_000 });
  try {
    for (const path of PATHS) {
      for (let calls = 0; calls < WARM_UP_CALLS; ) calls += (await measure(service, client, path, WARM_UP_MS)).calls;
    }
    const figures: Figures[][] = PATHS.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, path] of PATHS.entries()) figures[index]?.push(await measure(service, client, path, ms));
    }
    const rows = PATHS.map((path, index) => row(path.name, figures[index] ?? []));
    const header = ["", "calls/s", "server CPU µs/call", "calls/s per core of the server"];
    return { title: `GetSearchCache, ${TRACKS} tracks, ${name}, 64 in flight, medians`, header, rows };
  } finally {
    close();
    await service.stop();
  }
}

function row(name: string, figures: readonly Figures[]): string[] {
  const perSecond = median(figures.map((figure) => figure.perSecond));
  const cpu = median(figures.map((figure) => figure.cpuMicroseconds));
  return [name, perSecond.toFixed(0), cpu.toFixed(0), (1_000_000 / cpu).toFixed(0)];
}

/** GetSearchCache of 50 tracks through the whole of storage, on the embedded database and, where it is installed, on PostgreSQL. */
export async function benchSearchCache(rounds: number, roundMs: number): Promise<Table[]> {
  const tables = [await benchDatabase("embedded database", "", rounds, roundMs)];
  const bin = findPostgres();
  if (bin === undefined) return tables;
  const postgres = await startPostgres(bin);
  try {
    tables.push(await benchDatabase("PostgreSQL", await postgres.createDatabase("refrain"), rounds, roundMs));
  } finally {
    await postgres.stop();
  }
  return tables;
}
