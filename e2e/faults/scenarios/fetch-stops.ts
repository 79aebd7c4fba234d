import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { sentOf } from "../fetches/proof.js";
import { type Replica, STOP, type Stage } from "../fetches/stage.js";
import { atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { askEach, EVENTS_MS, type FetchScenario, proveAll, type Speed } from "./fetches.js";

interface Downloads extends Speed {
  readonly downloads: number;
}

/** What a stop takes beside its grace and its drain: the queue is given up to 5 s, files are let go, the process ends. */
const STOP_BESIDES_MS = 6_000;

/** Redis keeps its connections and says nothing for a while. */
export function redisFrozen({ downloads, bytesPerSecond, ms }: Downloads & { ms: number }): FetchScenario {
  return async (stage) => {
    const { tracks, calling } = await fetchSome(stage, { downloads, bytesPerSecond });
    stage.redis.freeze();
    await wait(ms);
    stage.redis.thaw();
    return [figure("Redis was frozen for", ms / 1_000, "s"), ...(await proveAll(stage, tracks, await Promise.all(calling)))];
  };
}

/** All replicas are stopped in order and started again, one after another. */
export function rollingFetches(given: Downloads): FetchScenario {
  return async (stage) => {
    const { tracks, calling } = await fetchSome(stage, given);
    const stops: Stopped[] = [];
    for (const replica of stage.replicas) {
      stops.push(await stop(replica));
      await replica.process.start();
    }
    return [...proveStopped(stops), ...(await proveAll(stage, tracks, await Promise.all(calling)))];
  };
}

/** All replicas are stopped in order at the same time, and started again: what was fetched by then is not fetched again. */
export function stopAll(given: Downloads): FetchScenario {
  return async (stage) => {
    const { tracks, calling } = await fetchSome(stage, given);
    const stops = await Promise.all(stage.replicas.map(stop));
    await Promise.all(stage.replicas.map(({ process }) => process.start()));
    const called = await Promise.all(calling);
    const sent = sentOf(stage.archive, tracks) / (tracks.length * stage.bytes);
    return [
      ...proveStopped(stops),
      ...(await proveAll(stage, tracks, called)),
      atMost("bytes that the source sent", sent, 1.2, "of all tracks"),
    ];
  };
}

/** Asks for tracks, and waits until something of them comes. */
async function fetchSome(stage: Stage, { downloads, bytesPerSecond }: Downloads) {
  stage.archive.setBytesPerSecond(bytesPerSecond);
  const tracks = stage.newTracks(downloads);
  const calling = askEach(stage, tracks);
  await until(() => sentOf(stage.archive, tracks) > 0, EVENTS_MS);
  return { tracks, calling };
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
