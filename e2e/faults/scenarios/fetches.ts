import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import type { Called } from "../fetches/caller.js";
import { fetchesOf, proveCalled, proveFetched, sha256Of, sum } from "../fetches/proof.js";
import { type ExpectedFile, readFiles } from "../fetches/read-files.js";
import { type Replica, setUp, type Stage } from "../fetches/stage.js";
import { atLeast, atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { sumOf } from "../lab/counters.js";
import { Lab } from "../lab/lab.js";
import { timeUntil } from "../lab/timing.js";

export interface OneTrackOptions {
  readonly callers: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

const REPLICAS = 3;
/** A replica that says nothing has lost its fetch by then. */
const TAKEOVER_MS = 10_000;
const EVENTS_MS = 60_000;

/** Many callers of all replicas ask for one track. */
export function fetchOnce({ callers, bytes, bytesPerSecond }: OneTrackOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const stage = await setUp(lab, { replicas: REPLICAS, archive: { tracks: 1, bytes, bytesPerSecond } });
    const startedAt = performance.now();
    const called = await Promise.all(Array.from({ length: callers }, (_, at) => stage.ask(ofTrack(1, at))));
    const seconds = (performance.now() - startedAt) / 1_000;
    const { count, bytes: fetched } = fetchesOf(stage.archive);
    return [
      ...proveCalled(called),
      exactly("streams that broke", sum(called.map(({ broken }) => broken.length)), 0),
      exactly("requests for the track at its source", count, 1),
      exactly("bytes that the source sent", fetched, bytes),
      ...(await readFiles(stage.replicas, expectedOf(stage, [called[0]]))),
      figure("took", seconds, "s"),
    ];
  });
}

/** The replica that fetches a track for callers of all replicas is killed when half of it is there. */
export function fetchTakeover({ callers, bytes, bytesPerSecond }: OneTrackOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const stage = await setUp(lab, { replicas: REPLICAS, archive: { tracks: 1, bytes, bytesPerSecond } });
    const { archive, replicas } = stage;
    const calling = Array.from({ length: callers }, (_, at) => stage.ask(ofTrack(1, at)));
    await until(() => fetchesOf(archive).bytes > 0, EVENTS_MS);
    const killed = await fetcherAmong(replicas);
    await until(() => fetchesOf(archive).bytes >= bytes / 2, EVENTS_MS);
    const reached = fetchesOf(archive).bytes;
    await replicas[killed]?.process.kill();
    const takeoverMs = await timeUntil(async () => fetchesOf(archive).count > 1, EVENTS_MS);
    const called = await Promise.all(calling);
    const { count, bytes: fetched, ranges } = fetchesOf(archive);
    const survivors = called.filter((_, at) => at % REPLICAS !== killed);
    const alive = replicas.filter((_, at) => at !== killed);
    return [
      figure("there when the replica was killed", reached / bytes, "of the track"),
      atMost("from the kill until another replica asks the source", takeoverMs, TAKEOVER_MS, "ms"),
      ...proveCalled(called),
      exactly("streams of other replicas that broke", sum(survivors.map(({ broken }) => broken.length)), 0),
      exactly("requests for the track at its source", count, 2),
      atLeast("where the second one goes on", startOf(ranges[1]) / bytes, 0.4, "of the track"),
      atMost("bytes that the source sent", fetched / bytes, 1.1, "of the track"),
      ...(await readFiles(alive, expectedOf(stage, [called[0]]))),
    ];
  });
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly downloads: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

/** In each round a replica is killed and started again while different tracks are fetched. Then all are read from everywhere. */
export function fetchRounds({ rounds, downloads, bytes, bytesPerSecond }: RoundsOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const archive = { tracks: rounds * downloads, bytes, bytesPerSecond };
    const stage = await setUp(lab, { replicas: REPLICAS, archive });
    const all: Called[] = [];
    for (let round = 0; round < rounds; round++) {
      const tracks = Array.from({ length: downloads }, (_, at) => round * downloads + at + 1);
      const calling = tracks.map((track, at) => stage.ask(ofTrack(track, at)));
      await wait(randomInt((1_000 * bytes) / bytesPerSecond));
      await restart(stage.replicas[round % REPLICAS]);
      all.push(...(await Promise.all(calling)));
    }
    return [
      figure("kills", rounds),
      ...proveCalled(all),
      ...proveFetched(stage.archive, archive.tracks),
      ...(await readFiles(stage.replicas, expectedOf(stage, all))),
    ];
  });
}

export interface QueueOptions {
  readonly tracks: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

/** Many tracks wait at two replicas. One of these is killed and started again, and so is Redis. */
export function fetchQueue({ tracks, bytes, bytesPerSecond }: QueueOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const stage = await setUp(lab, { replicas: 2, archive: { tracks, bytes, bytesPerSecond } });
    const { archive, redis, replicas } = stage;
    const startedAt = performance.now();
    const calling = Array.from({ length: tracks }, (_, at) => stage.ask(ofTrack(at + 1, at)));
    await until(() => archive.fetches().size >= tracks / 5, EVENTS_MS);
    await restart(replicas[1]);
    await until(() => archive.fetches().size >= tracks / 2, EVENTS_MS);
    await redis.kill();
    await redis.start();
    const called = await Promise.all(calling);
    const seconds = (performance.now() - startedAt) / 1_000;
    return [
      ...proveCalled(called),
      ...proveFetched(archive, tracks),
      exactly("fetches that are still in the queue", await queued(replicas[0]), 0),
      figure("took", seconds, "s"),
    ];
  });
}

/** Whoever asks for a track, from a replica in turn. */
export function ofTrack(track: number, at: number) {
  return { track, userId: `user-${at}`, first: at };
}

/** What callers got, with what they should have got. Each is of the track that it asked for. */
export function expectedOf({ archive }: Stage, called: readonly (Called | undefined)[]): ExpectedFile[] {
  return called.flatMap((one, at) => (one?.file ? [{ file: one.file, sha256: sha256Of(archive, at + 1) }] : []));
}

/** Fetches that run and wait, as a replica lists them. */
export async function queued(replica: Replica | undefined): Promise<number> {
  const answer = await replica?.client.listDownloads({});
  return answer?.totalCount ?? Number.NaN;
}

/** Kills a replica, and starts it again. */
async function restart(replica: Replica | undefined): Promise<void> {
  await replica?.process.kill();
  await replica?.process.start();
}

/** Index of the replica that fetches. */
async function fetcherAmong(replicas: readonly Replica[]): Promise<number> {
  const running = await Promise.all(
    replicas.map(async ({ process }) => sumOf(await process.metrics(), "refrain_fetches_running")),
  );
  const found = running.findIndex((count) => count > 0);
  if (found < 0) throw new Error("no replica fetches any more");
  return found;
}

/** First byte of a `Range` header; 0 without one. */
function startOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
}
