import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { proveCalled, proveFetched, sum } from "../fetches/proof.js";
import { readFiles } from "../fetches/read-files.js";
import { type Replica, setUp, type Stage } from "../fetches/stage.js";
import { atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { expectedOf, ofTrack, queued } from "./fetches.js";

export interface StopOptions {
  readonly downloads: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

const REPLICAS = 3;
const EVENTS_MS = 60_000;
const STOP = { graceMs: 500, drainMs: 2_000 };
/** What a stop takes beside its grace and its drain: the queue is given up to 5 s, files are let go, the process ends. */
const STOP_BESIDES_MS = 6_000;
const STOP_SETTINGS = { STOP_GRACE_MS: String(STOP.graceMs), STOP_DRAIN_MS: String(STOP.drainMs) };

/** Redis keeps its connections and says nothing for a while, again and again, while tracks are fetched. */
export function redisFrozen({ downloads, bytes, bytesPerSecond, frozenMs }: StopOptions & { frozenMs: readonly number[] }) {
  return Lab.run(async (lab) => {
    const archive = { tracks: downloads * frozenMs.length, bytes, bytesPerSecond };
    const stage = await setUp(lab, { replicas: REPLICAS, archive });
    const called = [];
    for (const [round, ms] of frozenMs.entries()) {
      const calling = askAll(stage, downloads, round * downloads);
      await untilTheyCome(stage);
      stage.redis.freeze();
      await wait(ms);
      stage.redis.thaw();
      called.push(...(await Promise.all(calling)));
    }
    return [
      ...frozenMs.map((ms) => figure("Redis frozen for", ms / 1_000, "s")),
      ...proveCalled(called),
      ...proveFetched(stage.archive, archive.tracks),
      ...(await readFiles(stage.replicas, expectedOf(stage, called))),
      exactly("fetches that are still in the queue", await queued(stage.replicas[0]), 0),
    ];
  });
}

/** All replicas are replaced in order, one after another, while tracks are fetched. */
export function fetchRolling({ downloads, bytes, bytesPerSecond }: StopOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const archive = { tracks: downloads, bytes, bytesPerSecond };
    const stage = await setUp(lab, { replicas: REPLICAS, archive, settings: STOP_SETTINGS });
    const calling = askAll(stage, downloads);
    await untilTheyCome(stage);
    const stops: Stopped[] = [];
    for (const replica of stage.replicas) {
      stops.push(await stop(replica));
      await replica.process.start();
    }
    const called = await Promise.all(calling);
    return [
      ...proveStopped(stops),
      ...proveCalled(called),
      ...proveFetched(stage.archive, downloads),
      ...(await readFiles(stage.replicas, expectedOf(stage, called))),
      exactly("fetches that are still in the queue", await queued(stage.replicas[0]), 0),
    ];
  });
}

/** The only replica is stopped in order while it fetches, and started again. */
export function fetchStop({ downloads, bytes, bytesPerSecond }: StopOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const archive = { tracks: downloads, bytes, bytesPerSecond };
    const stage = await setUp(lab, { replicas: 1, archive, settings: STOP_SETTINGS });
    const [only] = stage.replicas;
    const calling = askAll(stage, downloads);
    await untilTheyCome(stage);
    const stopped = only && (await stop(only));
    await only?.process.start();
    const called = await Promise.all(calling);
    const fetched = sentBy(stage);
    return [
      ...proveStopped(stopped ? [stopped] : []),
      ...proveCalled(called),
      ...proveFetched(stage.archive, downloads),
      atMost("bytes that the source sent", fetched / (downloads * bytes), 1.2, "of all tracks"),
      exactly("fetches that are still in the queue", await queued(only), 0),
    ];
  });
}

/** One caller for each of these tracks. */
function askAll(stage: Stage, count: number, from = 0) {
  return Array.from({ length: count }, (_, at) => stage.ask(ofTrack(from + at + 1, at)));
}

/** Waits until something of the tracks that were asked for last is there. */
async function untilTheyCome(stage: Stage): Promise<void> {
  const before = sentBy(stage);
  await until(() => sentBy(stage) > before, EVENTS_MS);
}

/** Bytes of audio that the source has sent. */
function sentBy({ archive }: Stage): number {
  return sum([...archive.fetches().values()].map(({ bytes }) => bytes));
}

interface Stopped {
  readonly code: number | string | null;
  readonly ms: number;
}

async function stop({ process }: Replica): Promise<Stopped> {
  const startedAt = performance.now();
  const code = await process.stop();
  return { code, ms: performance.now() - startedAt };
}

function proveStopped(stops: readonly Stopped[]): Finding[] {
  const limitMs = STOP.graceMs + STOP.drainMs + STOP_BESIDES_MS;
  return [
    figure("replicas that were stopped", stops.length),
    exactly("of those that ended with another code than 0", stops.filter(({ code }) => code !== 0).length, 0),
    atMost("longest stop", Math.max(...stops.map(({ ms }) => ms)), limitMs, "ms"),
  ];
}
