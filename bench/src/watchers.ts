import { join } from "node:path";
import { MusicService, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createServiceClient, endUser, type ServiceClient } from "@refrain/mesh";
import { processUsage } from "./process-usage.js";
import { KEY, ROOT, startService } from "./service.js";
import { quantile, type Table } from "./table.js";

const WATCHERS = 1_000;
/** Connections they come over: bots of a few replicas. */
const CLIENTS = 4;
/** Slow enough to be watched for some 20 s. */
const BYTES_PER_SECOND = 18_000;

type Music = ServiceClient<typeof MusicService>;

interface Watched {
  messages: number;
  completed: number;
  /** How long after the first watcher the others had the same message, in milliseconds. */
  lagsMs: number[];
}

async function watch({ client }: Music, url: string, userId: string, note: (progress: Progress) => void): Promise<void> {
  for await (const { progress } of client.download({ url, userId }, endUser(userId))) if (progress) note(progress);
}

/** One download, and everybody who watches it. */
async function watchAll(clients: readonly Music[], url: string): Promise<Watched> {
  const watched: Watched = { messages: 0, completed: 0, lagsMs: [] };
  const firstAt = new Map<bigint, number>();
  const note = ({ sequence, file }: Progress) => {
    const now = performance.now();
    const first = firstAt.get(sequence) ?? now;
    firstAt.set(sequence, first);
    watched.messages += 1;
    watched.completed += file ? 1 : 0;
    watched.lagsMs.push(now - first);
  };
  const everybody = Array.from({ length: WATCHERS }, (_, index) => {
    const music = clients[index % clients.length];
    return music ? watch(music, url, `user-${index}`, note) : Promise.resolve();
  });
  await Promise.all(everybody);
  return watched;
}

/** One download of real music with 1,000 watchers, music on one core. */
export async function benchWatchers(): Promise<Table[]> {
  const env = {
    MUSIC_LIBRARY_DIR: join(ROOT, "e2e/fixtures/library"),
    LIBRARY_BYTES_PER_SECOND: String(BYTES_PER_SECOND),
    MUSIC_DOWNLOADS_PER_MINUTE: "0",
    MUSIC_SEARCHES_PER_MINUTE: "0",
    MUSIC_RUNNING_PER_USER: "0",
  };
  const { process: music, target, stop } = await startService("music", env, 0);
  const options = { target, key: KEY, defaultTimeoutMs: 5_000 };
  const clients = Array.from({ length: CLIENTS }, () => createServiceClient(MusicService, options));
  try {
    for (const { ready } of clients) await ready(10_000);
    const found = await clients[0]?.client.search({ query: "believer" });
    const url = found?.tracks[0]?.url ?? "";
    const before = await processUsage(music.pid ?? 0);
    const startedAt = performance.now();
    const { messages, completed, lagsMs } = await watchAll(clients, url);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await processUsage(music.pid ?? 0);
    if (completed !== WATCHERS) throw new Error(`${completed} of ${WATCHERS} watchers saw the end`);
    const rows = [
      ["watchers that saw every end", String(completed)],
      ["messages", `${messages} in ${seconds.toFixed(1)} s, ${(messages / seconds).toFixed(0)}/s`],
      ["lag behind the first watcher, p50", `${quantile(lagsMs, 0.5).toFixed(1)} ms`],
      ["lag, p99", `${quantile(lagsMs, 0.99).toFixed(1)} ms`],
      ["music's CPU", `${((after.cpuMs - before.cpuMs) / 10 / seconds).toFixed(0)} % of one core`],
      ["music's memory", `${before.rssMb.toFixed(0)} → ${after.rssMb.toFixed(0)} MB`],
    ];
    return [{ title: "One download, 1,000 watchers, music on one core", header: ["", "figure"], rows }];
  } finally {
    for (const { close } of clients) close();
    await stop();
  }
}
