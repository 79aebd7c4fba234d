import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
import { processUsage } from "../process-usage.js";
import { KEY, startService, type Service } from "../service.js";
import { quantile, type Table } from "../table.js";
import type { InventedTrack } from "./invent-tracks.js";
import { makeLibrary } from "./make-library.js";
import { QUERY_KINDS } from "./query-kinds.js";

type Music = ServiceClient<typeof MusicService>["client"];

/** Given up after that: something is wrong. */
const PATIENCE_MS = 600_000;
const POLL_MS = 250;
const CALLS = 300;
const LIMIT = 10;

/** What it took until all files were indexed, while calls went on being answered. */
interface Indexing {
  seconds: number;
  /** When a search found something for the first time; undefined: never before the end. */
  firstFoundSeconds: number | undefined;
  /** Of searches that were asked meanwhile. */
  latenciesMs: number[];
  /** The longest that music's event loop was held up. */
  longestBlockMs: number;
  peakRssMb: number;
  /** As /health said it, halfway. */
  shown: string;
}

/** A library of many small files in the real music: reading it, asking it, and starting again. */
export async function benchLibrary(files: number): Promise<Table[]> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-bench-library-"));
  try {
    const startedAt = performance.now();
    const tracks = await makeLibrary(join(folder, "library"), files);
    const madeSeconds = (performance.now() - startedAt) / 1000;
    const env = {
      DATA_DIR: join(folder, "data"),
      MUSIC_LIBRARY_DIR: join(folder, "library"),
      MUSIC_SOURCES: "library",
      MUSIC_SEARCHES_PER_MINUTE: "0",
    };
    const first = await run(env, tracks, true);
    const second = await run(env, tracks, false);
    return [indexingTable(files, madeSeconds, first, second), ...(first.queries ? [first.queries] : [])];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Run {
  indexing: Indexing;
  queries: Table | undefined;
  rssMb: number;
}

async function run(env: Record<string, string>, tracks: readonly InventedTrack[], asks: boolean): Promise<Run> {
  const service = await startService("music", env);
  const { client, close, ready } = createServiceClient(MusicService, {
    target: service.target,
    key: KEY,
    defaultTimeoutMs: 20_000,
  });
  try {
    await ready(10_000);
    const indexing = await watchIndexing(service, client, tracks);
    const queries = asks ? await askAll(client, tracks) : undefined;
    const { rssMb } = await processUsage(service.process.pid ?? 0);
    return { indexing, queries, rssMb };
  } finally {
    close();
    await service.stop();
  }
}

async function watchIndexing(service: Service, music: Music, tracks: readonly InventedTrack[]): Promise<Indexing> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const indexing: Indexing = {
    seconds: 0,
    firstFoundSeconds: undefined,
    latenciesMs: [],
    longestBlockMs: 0,
    peakRssMb: 0,
    shown: "",
  };
  await longestBlockMs(service); // while modules were loaded nobody called
  for (let turn = 0; seconds() * 1000 < PATIENCE_MS; turn++) {
    const detail = await libraryDetail(service);
    const { rssMb } = await processUsage(service.process.pid ?? 0);
    indexing.peakRssMb = Math.max(indexing.peakRssMb, rssMb);
    indexing.longestBlockMs = Math.max(indexing.longestBlockMs, await longestBlockMs(service));
    if (detail.endsWith(" tracks")) return { ...indexing, seconds: seconds() };
    if (turn % 8 === 4) indexing.shown = detail;
    // By a performer of many: what finds nothing yet waits until it does.
    const askedAt = performance.now();
    const { tracks: found } = await music.search({ query: tracks[0]?.artist ?? "", limit: LIMIT });
    if (indexing.firstFoundSeconds !== undefined) indexing.latenciesMs.push(performance.now() - askedAt);
    if (found.length > 0) indexing.firstFoundSeconds ??= seconds();
    await wait(POLL_MS);
  }
  throw new Error("the library was not indexed in time");
}

async function libraryDetail({ urls }: Service): Promise<string> {
  const answer: unknown = await (await fetch(`${urls.http}/health`)).json();
  return /"library":\{[^}]*"detail":"([^"]*)"/.exec(JSON.stringify(answer))?.[1] ?? "";
}

/** Since it was last asked. */
async function longestBlockMs({ urls }: Service): Promise<number> {
  const text = await (await fetch(`${urls.ops}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1000;
}

async function askAll(music: Music, tracks: readonly InventedTrack[]): Promise<Table> {
  const rows: string[][] = [];
  const all: number[] = [];
  for (const { name, query, byArtist } of QUERY_KINDS) {
    const latencies: number[] = [];
    let found = 0;
    for (let call = 0; call < CALLS; call++) {
      const track = tracks[(call * 7919) % tracks.length];
      const text = track ? query(track, call).slice(0, 100) : "";
      const askedAt = performance.now();
      const answer = byArtist
        ? await music.searchByArtist({ artist: text, limit: LIMIT })
        : await music.search({ query: text, limit: LIMIT });
      latencies.push(performance.now() - askedAt);
      found += answer.tracks.length > 0 ? 1 : 0;
    }
    all.push(...latencies);
    rows.push([name, ms(latencies, 0.5), ms(latencies, 0.99), `${Math.round((found * 100) / CALLS)} %`]);
  }
  rows.push(["all", ms(all, 0.5), ms(all, 0.99), ""]);
  const title = `Searches over ${tracks.length.toLocaleString("en")} tracks through gRPC, one at a time, ${CALLS} each`;
  return { title, header: ["", "p50 ms", "p99 ms", "found something"], rows };
}

function ms(values: readonly number[], share: number): string {
  return quantile(values, share).toFixed(1);
}

function indexingTable(files: number, madeSeconds: number, first: Run, second: Run): Table {
  const row = (name: string, figure: ({ indexing, rssMb }: Run) => string) => [name, figure(first), figure(second)];
  const rows = [
    row("all files indexed after", ({ indexing }) => `${indexing.seconds.toFixed(1)} s`),
    row("a search found something after", ({ indexing }) => `${indexing.firstFoundSeconds?.toFixed(1) ?? "-"} s`),
    row("searches meanwhile, p50", ({ indexing }) => `${ms(indexing.latenciesMs, 0.5)} ms`),
    row("searches meanwhile, longest", ({ indexing }) => `${ms(indexing.latenciesMs, 1)} ms`),
    row("event loop held up at most", ({ indexing }) => `${indexing.longestBlockMs.toFixed(0)} ms`),
    row("memory, peak while indexing", ({ indexing }) => `${indexing.peakRssMb.toFixed(0)} MB`),
    row("memory afterwards", ({ rssMb }) => `${rssMb.toFixed(0)} MB`),
    row("/health said on the way", ({ indexing }) => indexing.shown || "-"),
    ["files made in", `${madeSeconds.toFixed(1)} s`, ""],
  ];
  return { title: `A library of ${files.toLocaleString("en")} files`, header: ["", "first start", "next start"], rows };
}
