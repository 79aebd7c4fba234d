import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { callInTurn, kindOf } from "../lab/callers.js";
import { attemptsHere, circuitIsOpen } from "../lab/counters.js";
import { atMost, exactly, figure, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { timeUntil } from "../lab/timing.js";

/** What the contract promises. */
const MAX_ATTEMPTS_PER_CALL = 1.3;
const MAX_ATTEMPTS_WITH_BREAKER = 40;
const RECOVERY_MS = 6_000;
const SENTENCE_MS = 300;

export interface OutageOptions {
  /** Calls one after another while music is gone. */
  readonly calls: number;
  /** Pause between two of them. */
  readonly pauseMs: number;
  readonly breaker: boolean;
}

/** Music is gone, and one caller goes on calling. */
export function outage({ calls, pauseMs, breaker }: OutageOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music");
    const { client } = lab.music(`ipv4:${music.address("grpc")}`, breaker ? {} : { circuitResetMs: 0 });
    await client.search({ query: "believer" });
    await music.kill();
    const before = await attemptsHere("Search");
    const startedAt = performance.now();
    const { failed, durationsMs } = await callInTurn(calls, async () => {
      await wait(pauseMs);
      await client.search({ query: "believer" });
    });
    const attempts = (await attemptsHere("Search")) - before;
    return [
      exactly("calls that failed", failed, calls),
      breaker
        ? atMost("attempts", attempts, MAX_ATTEMPTS_WITH_BREAKER)
        : atMost("attempts for each call", attempts / calls, MAX_ATTEMPTS_PER_CALL),
      figure("longest call", (durationsMs.at(-1) ?? 0) - pauseMs, "ms"),
      figure("took", (performance.now() - startedAt) / 1_000, "s"),
    ];
  });
}

export interface RecoveryOptions {
  readonly rounds: number;
  /** Music stays away for up to so long after the breaker has opened: each round meets it in another phase. */
  readonly longestMs: number;
}

/** Music goes and comes back, again and again. */
export function recovery({ rounds, longestMs }: RecoveryOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music");
    const { client } = lab.music(`ipv4:${music.address("grpc")}`);
    const answer = () => client.search({ query: "believer" }).then(() => "OK", kindOf);
    await until(async () => (await answer()) === "OK");
    const recoveriesMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await music.kill();
      await until(async () => (await answer()).endsWith("CIRCUIT_OPEN"));
      const away = new AbortController();
      const asking = keepAsking(answer, away.signal); // somebody always asks, so that trials fail as well
      await wait(Math.random() * longestMs);
      await music.start();
      away.abort();
      recoveriesMs.push(await timeUntil(async () => (await answer()) === "OK"));
      await asking;
    }
    return [figure("rounds", rounds), atMost("longest recovery", Math.max(...recoveriesMs), RECOVERY_MS, "ms")];
  });
}

async function keepAsking(ask: () => Promise<unknown>, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    await ask();
    await wait(50);
  }
}

export interface SentenceOptions {
  /** Texts that are typed once the breaker is open. */
  readonly texts: number;
}

const SENTENCE = /Search is not answering now\. Please try again/;

/** A listener searches while music is gone, and when it is back. */
export function sentence({ texts }: SentenceOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music");
    const { listener, bot } = await lab.chat({ MUSIC_TARGET: `ipv4:${music.address("grpc")}` });
    await listener.say("/play believer");
    await listener.sees(/Found 1 track/);
    await music.kill();
    for (let text = 1; !(await circuitIsOpen(bot, "Search")); text++) await typed(`first ${text}`);
    const answersMs: number[] = [];
    for (let text = 1; text <= texts; text++) answersMs.push(await typed(`then ${text}`));
    await music.start();
    const backMs = await timeUntil(async () => {
      await listener.say("winter road");
      await wait(250);
      return (await listener.messages()).some(({ text = "" }) => /winter road[^]*Found 1 track/.test(text));
    });
    return [
      atMost("from typing to the sentence, at best", Math.min(...answersMs), SENTENCE_MS, "ms"),
      figure("at worst", Math.max(...answersMs), "ms"),
      atMost("searches work again after", backMs, RECOVERY_MS, "ms"),
    ];

    /** Types a text that nobody has searched for, and waits for the one sentence about it. */
    async function typed(text: string): Promise<number> {
      await listener.say(text);
      return timeUntil(async () => (await listener.messages()).some((one) => fits(one.text ?? "", text)));
    }
  });
}

function fits(message: string, text: string): boolean {
  return message.includes(text) && SENTENCE.test(message);
}
