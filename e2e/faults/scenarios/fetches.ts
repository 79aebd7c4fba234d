import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import type { Called } from "../fetches/caller.js";
import { fetchesOf, proveCalled, proveFetched, sentOf, sha256Of, sum } from "../fetches/proof.js";
import { type ExpectedFile, readFiles } from "../fetches/read-files.js";
import { type Replica, setUp, type Stage, type StageOptions } from "../fetches/stage.js";
import { sumOf } from "../lab/counters.js";
import { atLeast, atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { timeUntil } from "../lab/timing.js";

/** What happens while replicas fetch. */
export type FetchScenario = (stage: Stage) => Promise<Finding[]>;

/** Replicas of music share their fetches, through one scenario after another. */
export function fetches(options: StageOptions, scenarios: readonly FetchScenario[]): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const stage = await setUp(lab, options);
    const findings: Finding[] = [];
    for (const scenario of scenarios) findings.push(...(await scenario(stage)));
    return findings;
  });
}

export interface Speed {
  /** Of each fetch. */
  readonly bytesPerSecond: number;
}

/** A replica that says nothing has lost its fetch by then. */
const TAKEOVER_MS = 10_000;
export const EVENTS_MS = 120_000;

/** Many callers of all replicas ask for one track. */
export function once({ callers, bytesPerSecond }: Speed & { callers: number }): FetchScenario {
  return async (stage) => {
    const { archive, bytes } = stage;
    archive.setBytesPerSecond(bytesPerSecond);
    const [track = 0] = stage.newTracks(1);
    const startedAt = performance.now();
    const called = await Promise.all(Array.from({ length: callers }, (_, at) => stage.ask(ofTrack(track, at))));
    const seconds = (performance.now() - startedAt) / 1_000;
    const { count, bytes: sent } = fetchesOf(archive, track);
    return [
      ...proveCalled(called),
      exactly("streams that broke", sum(called.map(({ broken }) => broken.length)), 0),
      exactly("requests for the track at its source", count, 1),
      exactly("bytes that the source sent", sent, bytes),
      ...(await readFiles(stage.replicas, expectedOf(stage, [track], called))),
      figure("took", seconds, "s"),
    ];
  };
}

/** The replica that fetches a track for callers of all replicas is killed when half of it is there. */
export function takeover({ callers, bytesPerSecond }: Speed & { callers: number }): FetchScenario {
  return async (stage) => {
    const { archive, bytes, replicas } = stage;
    archive.setBytesPerSecond(bytesPerSecond);
    const [track = 0] = stage.newTracks(1);
    const calling = Array.from({ length: callers }, (_, at) => stage.ask(ofTrack(track, at)));
    await until(() => sentOf(archive, [track]) > 0, EVENTS_MS);
    const fetcher = await fetcherAmong(replicas);
    await until(() => sentOf(archive, [track]) >= bytes / 2, EVENTS_MS);
    const reached = sentOf(archive, [track]);
    await replicas[fetcher]?.process.kill();
    const takeoverMs = await timeUntil(async () => fetchesOf(archive, track).count > 1, EVENTS_MS);
    const called = await Promise.all(calling);
    await replicas[fetcher]?.process.start();
    const { count, bytes: sent, ranges } = fetchesOf(archive, track);
    const spared = called.filter((_, at) => at % replicas.length !== fetcher);
    return [
      figure("sent when the replica was killed", reached / bytes, "of the track"),
      atMost("from the kill until another replica asks the source", takeoverMs, TAKEOVER_MS, "ms"),
      ...proveCalled(called),
      exactly("streams of other replicas that broke", sum(spared.map(({ broken }) => broken.length)), 0),
      exactly("requests for the track at its source", count, 2),
      atLeast("where the second one goes on", startOf(ranges[1]) / bytes, 0.4, "of the track"),
      atMost("bytes that the source sent", sent / bytes, 1.1, "of the track"),
      ...(await readFiles(replicas, expectedOf(stage, [track], called))),
    ];
  };
}

/**
 * The replica that fetches a track for callers of all replicas is frozen when half of it is there, until long after another has
 * taken over. Nobody can take its connection to the source away meanwhile; what it does when it wakes up must not show.
 */
export function frozenFetcher({ callers, bytesPerSecond, ms }: Speed & { callers: number; ms: number }): FetchScenario {
  return async (stage) => {
    const { archive, bytes, replicas } = stage;
    archive.setBytesPerSecond(bytesPerSecond);
    const [track = 0] = stage.newTracks(1);
    const calling = Array.from({ length: callers }, (_, at) => stage.ask(ofTrack(track, at)));
    await until(() => sentOf(archive, [track]) > 0, EVENTS_MS);
    const fetcher = await fetcherAmong(replicas);
    await until(() => sentOf(archive, [track]) >= bytes / 2, EVENTS_MS);
    replicas[fetcher]?.process.freeze();
    const thawing = wait(ms).then(() => replicas[fetcher]?.process.thaw());
    const takeoverMs = await timeUntil(async () => fetchesOf(archive, track).count > 1, EVENTS_MS);
    await thawing;
    const called = await Promise.all(calling);
    return [
      figure("the replica was frozen for", ms / 1_000, "s"),
      atMost("until another replica asks the source", takeoverMs, TAKEOVER_MS, "ms"),
      ...proveCalled(called),
      exactly("requests for the track at its source", fetchesOf(archive, track).count, 2),
      ...(await readFiles(replicas, expectedOf(stage, [track], called))),
    ];
  };
}

/** In each round a replica is killed and started again while different tracks are fetched. Then all are read from everywhere. */
export function rounds({ count, downloads, bytesPerSecond }: Speed & { count: number; downloads: number }): FetchScenario {
  return async (stage) => {
    stage.archive.setBytesPerSecond(bytesPerSecond);
    const tracks = stage.newTracks(count * downloads);
    const called: Called[] = [];
    for (let round = 0; round < count; round++) {
      const calling = askEach(stage, tracks.slice(round * downloads, (round + 1) * downloads));
      await wait(randomInt((1_000 * stage.bytes) / bytesPerSecond));
      await restart(stage.replicas[round % stage.replicas.length]);
      called.push(...(await Promise.all(calling)));
    }
    return [figure("kills", count), ...(await proveAll(stage, tracks, called))];
  };
}

/** Many tracks wait. A replica is killed and started again, and then so is Redis. */
export function longQueue({ downloads, bytesPerSecond }: Speed & { downloads: number }): FetchScenario {
  return async (stage) => {
    const { archive, redis, replicas } = stage;
    archive.setBytesPerSecond(bytesPerSecond);
    const tracks = stage.newTracks(downloads);
    const begun = () => tracks.filter((track) => fetchesOf(archive, track).count > 0).length;
    const startedAt = performance.now();
    const calling = askEach(stage, tracks);
    await until(() => begun() >= downloads / 5, EVENTS_MS);
    await restart(replicas[1]);
    await until(() => begun() >= downloads / 2, EVENTS_MS);
    await redis.kill();
    await redis.start();
    const called = await Promise.all(calling);
    const seconds = (performance.now() - startedAt) / 1_000;
    return [...(await proveAll(stage, tracks, called)), figure("took", seconds, "s")];
  };
}

/** A caller for each of these tracks. */
export function askEach(stage: Stage, tracks: readonly number[]): Promise<Called>[] {
  return tracks.map((track, at) => stage.ask(ofTrack(track, at)));
}

/** Every caller got a track of its own, which can be read everywhere, and nothing is left to do. */
export async function proveAll(stage: Stage, tracks: readonly number[], called: readonly Called[]): Promise<Finding[]> {
  const list = await stage.replicas[0]?.client.listDownloads({});
  return [
    ...proveCalled(called),
    ...proveFetched(stage.archive, tracks),
    exactly("downloads that still run or wait", list?.totalCount ?? Number.NaN, 0),
    ...(await readFiles(stage.replicas, expectedOf(stage, tracks, called))),
  ];
}

/** Whoever asks for a track, from each replica in turn. */
function ofTrack(track: number, at: number) {
  return { track, userId: `user-${at}`, first: at };
}

/** What the first callers got, each of one of these tracks, with what they should have got. */
function expectedOf({ archive }: Stage, tracks: readonly number[], called: readonly Called[]): ExpectedFile[] {
  return tracks.flatMap((track, at) => {
    const file = called[at]?.file;
    return file ? [{ file, sha256: sha256Of(archive, track) }] : [];
  });
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
