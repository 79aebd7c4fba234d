import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { callFindings, startCallers, type Callers } from "../lab/callers.js";
import { attemptsHere, servedBy } from "../lab/counters.js";
import { atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { startReplicas, untilItServes, type Replicas } from "../lab/replicas.js";
import type { ServiceProcess } from "../lab/service-process.js";
import { timeUntil } from "../lab/timing.js";

export interface LoadOptions {
  /** Callers of `Search` at once. */
  readonly callers: number;
  /** Pause of each between two calls. */
  readonly pauseMs: number;
  /** Time a replica gives its callers to notice that it stops. */
  readonly graceMs: number;
}

/** Calls between two events, so that each event meets a busy channel. */
const CALLS_BETWEEN = 200;

/** Something that happens to replicas under load, and what was seen of it. */
export interface Event {
  readonly name: string;
  readonly run: (replicas: Replicas, load: Callers) => Promise<readonly Finding[]>;
}

/** Three replicas under load, and what happens to them one after another. */
export function replicas({ callers, pauseMs, graceMs }: LoadOptions, events: readonly Event[]): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const replicas = await startReplicas(lab, 3, { STOP_GRACE_MS: String(graceMs) });
    const { client, ready } = lab.music(replicas.target);
    await ready(10_000);
    const before = await attemptsHere("Search");
    const load = startCallers({ count: callers, pauseMs, call: () => client.search({ query: "believer" }) });
    lab.defer(() => load.stop());
    const found: Finding[] = [];
    for (const event of events) {
      const failedBefore = load.failed;
      found.push(...(await event.run(replicas, load)));
      found.push(exactly(`${event.name}: calls that failed`, load.failed - failedBefore, 0));
    }
    const report = await load.stop();
    return [...found, ...callFindings(report), figure("attempts", (await attemptsHere("Search")) - before)];
  });
}

/** One replica, counting on from the first after the last. */
function nth(replicas: readonly ServiceProcess[], index: number): ServiceProcess {
  const replica = replicas[index % replicas.length];
  if (!replica) throw new Error("no replica");
  return replica;
}

async function moreCalls(load: Callers): Promise<void> {
  const enough = load.calls + CALLS_BETWEEN;
  await until(() => load.calls >= enough, 60_000);
}

/** One replica after another is killed and started again. */
export function kill(rounds: number): Event {
  return {
    name: `${rounds} replicas killed and started again`,
    run: async ({ all }, load) => {
      for (let round = 0; round < rounds; round++) {
        const victim = nth(all, round);
        await moreCalls(load);
        await victim.kill();
        await moreCalls(load);
        await victim.start();
        await untilItServes(victim, "Search");
      }
      return [];
    },
  };
}

/** One replica keeps its connections and says nothing, then goes on. */
export function freeze(seconds: number): Event {
  return {
    name: `frozen for ${seconds} s`,
    run: async ({ all }, load) => {
      const victim = nth(all, 0);
      await moreCalls(load);
      const before = load.calls;
      victim.freeze();
      await wait(seconds * 1_000);
      const meanwhile = load.calls - before;
      victim.thaw();
      await moreCalls(load);
      await untilItServes(victim, "Search", await servedBy(victim, "Search"));
      return [figure("calls answered by the others meanwhile", meanwhile)];
    },
  };
}

/** All replicas are replaced one after another, as an update does it. */
export function rolling(): Event {
  return {
    name: "all replaced one after another",
    run: async ({ all }, load) => {
      const codes: unknown[] = [];
      for (const replica of all) {
        await moreCalls(load);
        codes.push(await replica.stop());
        await moreCalls(load);
        await replica.start();
        await untilItServes(replica, "Search");
      }
      return [exactly("replicas that ended with 0", codes.filter((code) => code === 0).length, all.length)];
    },
  };
}

/** A new replica's part of the calls, of four. */
const FAIR_SHARE = 0.15;
const NOTICED_S = 10;
const WINDOW_MS = 500;

/** A fourth replica appears in DNS, and disappears again. */
export function fourth(): Event {
  return {
    name: "a fourth comes and goes",
    run: async (replicas, load) => {
      const { all } = replicas;
      const newcomer = await replicas.add();
      replicas.publish([...all, newcomer]);
      const cameMs = await timeUntil(async () => (await shareOf(newcomer, load)) >= FAIR_SHARE);
      replicas.publish(all);
      const wentMs = await timeUntil(async () => (await shareOf(newcomer, load)) === 0);
      await newcomer.stop();
      await moreCalls(load);
      return [
        atMost("the fourth has its share after", cameMs / 1_000, NOTICED_S, "s"),
        atMost("it has no calls any more after", wentMs / 1_000, NOTICED_S, "s"),
      ];
    },
  };
}

/** Part of all calls that a replica answers, measured over a moment. */
async function shareOf(replica: ServiceProcess, load: Callers): Promise<number> {
  const before = { served: await servedBy(replica, "Search"), all: load.calls };
  await wait(WINDOW_MS);
  const served = (await servedBy(replica, "Search")) - before.served;
  return served / Math.max(1, load.calls - before.all);
}
