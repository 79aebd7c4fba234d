import { copyFile, mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
import { Child } from "../child.js";
import { processUsage } from "../process-usage.js";
import { KEY } from "../service.js";
import { quantile, type Table } from "../table.js";
import type { CopyTask } from "./raw-copy.js";
import type { Upstream } from "./upstream.js";

export interface FetchAmount {
  files: number;
  /** Of each file. */
  megabytes: number;
}

interface Figures {
  seconds: number;
  cpuMs: number;
  /** Memory while it ran, every quarter of a second; empty: not looked at. */
  rssMb: number[];
}

type Music = ServiceClient<typeof MusicService>["client"];

const SAMPLE_MS = 250;
/** So that code is compiled and buffers are there, as in a process that has run for a while. */
const WARM_UP = 4;
/** A search for all tracks of a library of copies. */
const INDEXED_MS = 120_000;

/** Many large files at the same time through the whole of music, beside a plain copy from the same server in the same run. */
export async function benchFetch(amount: FetchAmount): Promise<Table[]> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-bench-fetch-"));
  try {
    const bytes = amount.megabytes * 1_000_000;
    const upstream = new Child("./fetch/upstream.js", [String(amount.files + WARM_UP), String(bytes)]);
    try {
      const served = await upstream.answer<Upstream>();
      const raw = await copyRaw(served.fileUrls.slice(WARM_UP), join(folder, "raw"), amount.files);
      const archive = await throughMusic(served.trackUrls, join(folder, "archive"), served);
      const again = await copyRaw(served.fileUrls.slice(WARM_UP), join(folder, "raw"), amount.files);
      const copies = join(folder, "library");
      await makeCopies(join(folder, "raw"), copies);
      const library = await throughMusic([], join(folder, "own"), undefined, copies);
      return [table(amount, { raw: better(raw, again), archive, library })];
    } finally {
      upstream.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The machine may have had a bad moment: the better of two plain copies is what ours has to stand beside. */
function better(one: Figures, other: Figures): Figures {
  return one.seconds < other.seconds ? one : other;
}

async function copyRaw(urls: string[], folder: string, atOnce: number): Promise<Figures> {
  await mkdir(folder, { recursive: true });
  const child = new Child("./fetch/raw-copy.js", []);
  try {
    await child.answer();
    const task: CopyTask = { urls, folder, atOnce };
    return { ...(await child.ask<{ seconds: number; cpuMs: number }>(task)), rssMb: [] };
  } finally {
    child.stop();
  }
}

/** The same sound with a byte more or less is another track. */
async function makeCopies(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const [at, name] of (await readdir(from)).entries()) {
    await copyFile(join(from, name), join(to, name));
    const file = await open(join(to, name), "a");
    await file.write(Buffer.alloc(at + 1));
    await file.close();
  }
}

/** @param urls of tracks; empty: all that are found in the library */
async function throughMusic(urls: string[], dataDir: string, archive: Upstream | undefined, library?: string): Promise<Figures> {
  Object.assign(process.env, settings(dataDir, library));
  const child = new Child("./fetch/music-process.js", archive ? [archive.baseUrl, archive.host] : []);
  const { grpc } = await child.answer<{ grpc: string }>();
  const { client, close, ready } = createServiceClient(MusicService, {
    target: `ipv4:${grpc}`,
    key: KEY,
    defaultTimeoutMs: 30_000,
  });
  try {
    await ready(10_000);
    const all = urls.length > 0 ? urls : await libraryUrls(client);
    await fetchAll(client, all.slice(0, WARM_UP));
    return await measure(child.pid, () => fetchAll(client, all.slice(WARM_UP)));
  } finally {
    close();
    child.stop();
    await child.ended();
  }
}

function settings(dataDir: string, library: string | undefined): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    MUSIC_LIBRARY_DIR: library ?? join(dataDir, "library"),
    MUSIC_SOURCES: library ? "library" : "ia",
    MUSIC_API_KEYS: `bench:${KEY}`,
    MUSIC_PORT: "0",
    MUSIC_HTTP_PORT: "0",
    MUSIC_OPS_PORT: "0",
    MUSIC_DOWNLOAD_SLOTS: "50",
    MUSIC_MAX_SECONDS: "0",
    MUSIC_CACHE_BYTES: "20000000000",
    MUSIC_DOWNLOADS_PER_MINUTE: "0",
    MUSIC_RUNNING_PER_USER: "0",
    MUSIC_SEARCHES_PER_MINUTE: "0",
    STOP_GRACE_MS: "0",
    STOP_DRAIN_MS: "500",
  };
}

async function libraryUrls(client: Music): Promise<string[]> {
  const end = performance.now() + INDEXED_MS;
  for (let count = -1; performance.now() < end; ) {
    const { tracks } = await client.search({ query: "silence", limit: 50 });
    if (tracks.length > 0 && tracks.length === count) return tracks.map(({ url }) => url);
    count = tracks.length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  throw new Error("the library was not indexed in time");
}

async function fetchAll(client: Music, urls: readonly string[]): Promise<void> {
  const fetchOne = async (url: string, at: number) => {
    let completed = false;
    for await (const { progress } of client.download({ url, userId: `user-${at}` })) completed ||= progress?.file !== undefined;
    if (!completed) throw new Error("a download ended without a file");
  };
  await Promise.all(urls.map(fetchOne));
}

async function measure(pid: number, work: () => Promise<void>): Promise<Figures> {
  const before = await processUsage(pid);
  const rssMb: number[] = [];
  const timer = setInterval(() => void processUsage(pid).then((usage) => rssMb.push(usage.rssMb)), SAMPLE_MS);
  const startedAt = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, cpuMs: (await processUsage(pid)).cpuMs - before.cpuMs, rssMb };
}

function table(
  { files, megabytes }: FetchAmount,
  { raw, archive, library }: Record<"raw" | "archive" | "library", Figures>,
): Table {
  const all = files * megabytes;
  const row = (name: string, figures: Figures, amount: number) => {
    const speed = amount / figures.seconds;
    const rss = figures.rssMb;
    const middle = quantile(rss, 0.5);
    return [
      name,
      speed.toFixed(0),
      (speed / (all / raw.seconds)).toFixed(2),
      (figures.cpuMs / amount).toFixed(2),
      rss.length === 0 ? "" : middle.toFixed(0),
      rss.length === 0 ? "" : spread(rss, middle),
    ];
  };
  const rows = [
    row("plain node:http into files", raw, all),
    row("music, from an Internet Archive", archive, all),
    row("music, from its library", library, (files - WARM_UP) * megabytes),
  ];
  const header = ["", "MB/s", "of plain", "CPU ms/MB", "memory MB, p50", "p5 to p95"];
  return { title: `${files} downloads of ${megabytes} MB at the same time`, header, rows };
}

function spread(rss: readonly number[], middle: number): string {
  const share = (value: number) => `${value >= middle ? "+" : ""}${(((value - middle) * 100) / middle).toFixed(0)} %`;
  return `${share(quantile(rss, 0.05))} … ${share(quantile(rss, 0.95))}`;
}
