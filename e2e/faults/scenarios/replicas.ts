import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { callFindings, startCallers, type Callers } from "../lab/callers.js";
import { attemptsHere, servedBy } from "../lab/counters.js";
import { atLeast, atMost, figure, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { timeUntil } from "../lab/timing.js";
import { startReplicas, untilItServes, type Replicas } from "../lab/replicas.js";
import type { ServiceProcess, Settings } from "../lab/service-process.js";

export interface LoadOptions {
  /** Callers of `Search` at once. */
  readonly callers: number;
  /** Pause of each between two calls. */
  readonly pauseMs: number;
}

/** Calls between two events, so that each event meets a busy channel. */
const CALLS_BETWEEN = 200;

type Events = (replicas: Replicas, load: Callers) => Promise<readonly Finding[]>;

/** Three replicas under load, and what happens to them meanwhile. */
function underLoad({ callers, pauseMs }: LoadOptions, settings: Settings, events: Events): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const replicas = await startReplicas(lab, 3, settings);
    const { client, ready } = lab.music(replicas.target);
    await ready(10_000);
    const before = await attemptsHere("Search");
    const load = startCallers({ count: callers, pauseMs, call: () => client.search({ query: "believer" }) });
    try {
      const found = await events(replicas, load);
      const report = await load.stop();
      return [...callFindings(report), figure("attempts", (await attemptsHere("Search")) - before), ...found];
    } finally {
      await load.stop();
    }
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
export function kill({ rounds, ...load }: LoadOptions & { readonly rounds: number }): Promise<Finding[]> {
  return underLoad(load, {}, async ({ all }, calls) => {
    for (let round = 0; round < rounds; round++) {
      const victim = nth(all, round);
      await moreCalls(calls);
      await victim.kill();
      await moreCalls(calls);
      await victim.start();
      await untilItServes(victim, "Search");
    }
    return [figure("replicas killed", rounds)];
  });
}

/** One replica keeps its connections and says nothing, then goes on. */
export function freeze({ seconds, ...load }: LoadOptions & { readonly seconds: number }): Promise<Finding[]> {
  return underLoad(load, {}, async ({ all }, calls) => {
    const victim = nth(all, 0);
    await moreCalls(calls);
    const before = calls.calls;
    victim.freeze();
    await wait(seconds * 1_000);
    const meanwhile = calls.calls - before;
    victim.thaw();
    await moreCalls(calls);
    await untilItServes(victim, "Search", await servedBy(victim, "Search"));
    return [figure("frozen for", seconds, "s"), figure("calls meanwhile", meanwhile)];
  });
}

/** All replicas are replaced one after another, as an update does it. */
export function rolling({ graceMs, ...load }: LoadOptions & { readonly graceMs: number }): Promise<Finding[]> {
  return underLoad(load, { STOP_GRACE_MS: String(graceMs) }, async ({ all }, calls) => {
    for (const replica of all) {
      await moreCalls(calls);
      const code = await replica.stop();
      if (code !== 0) throw new Error(`a replica ended with ${code}`);
      await moreCalls(calls);
      await replica.start();
      await untilItServes(replica, "Search");
    }
    return [figure("replicas replaced", all.length)];
  });
}

/** A new replica's part of the calls, of four. */
const FAIR_SHARE = 0.15;
const WINDOW_MS = 500;

/** A fourth replica appears in DNS, and disappears again. */
export function fourth(load: LoadOptions): Promise<Finding[]> {
  return underLoad(load, {}, async (replicas, calls) => {
    const { all } = replicas;
    const newcomer = await replicas.add();
    await moreCalls(calls);
    replicas.publish([...all, newcomer]);
    const cameMs = await timeUntil(async () => (await shareOf(newcomer, calls)) >= FAIR_SHARE);
    replicas.publish(all);
    const wentMs = await timeUntil(async () => (await shareOf(newcomer, calls)) === 0);
    await newcomer.stop();
    await moreCalls(calls);
    return [
      atMost("the fourth has its share after", cameMs / 1_000, 10, "s"),
      atLeast("calls under way meanwhile", calls.calls, CALLS_BETWEEN),
      atMost("the fourth has no calls any more after", wentMs / 1_000, 10, "s"),
    ];
  });
}

/** Part of all calls that a replica answers, measured over a moment. */
async function shareOf(replica: ServiceProcess, calls: Callers): Promise<number> {
  const before = { served: await servedBy(replica, "Search"), all: calls.calls };
  await wait(WINDOW_MS);
  const served = (await servedBy(replica, "Search")) - before.served;
  return served / Math.max(1, calls.calls - before.all);
}
