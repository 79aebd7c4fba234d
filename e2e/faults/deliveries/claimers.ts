import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import type { ClaimerSettings, FromClaimer, ToClaimer } from "../../src/claimer/messages.js";
import { ROOT } from "../../src/refrain.js";
import type { Counts } from "./counts.js";
import type { Telegram } from "./telegram.js";

export interface ClaimersOptions {
  readonly count: number;
  readonly settings: Omit<ClaimerSettings, "CLAIMER">;
  readonly telegram: Telegram;
  /** Told of calls that storage refused or that failed: method and reason. */
  readonly refused: Counts;
}

/** It claims by then, even on a busy machine. */
const READY_MS = 60_000;

/** Processes that claim deliveries and send them. One that is killed is replaced at once, by one of another name. */
export class Claimers {
  readonly #options: ClaimersOptions;
  readonly #running = new Set<ChildProcess>();
  readonly #killNow = () => this.#running.forEach((child) => child.kill("SIGKILL"));
  #started = 0;
  #stopped = false;

  constructor(options: ClaimersOptions) {
    this.#options = options;
    // Nothing outlives this process, however it ends. A frozen claimer would not notice.
    process.on("exit", this.#killNow);
  }

  async start(): Promise<void> {
    while (this.#running.size < this.#options.count) this.#spawn();
    await until(() => this.#ready.size === this.#options.count, READY_MS);
  }

  /** Kills one at work. False: there is none. */
  kill(): boolean {
    return this.#anyReady()?.kill("SIGKILL") ?? false;
  }

  /** Freezes one at work for a while. */
  async freeze(forMs: number): Promise<void> {
    const child = this.#anyReady();
    if (!child) return;
    child.kill("SIGSTOP");
    await wait(forMs);
    child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const gone = [...this.#running].map((child) => once(child, "exit"));
    this.#killNow();
    await Promise.all(gone);
    process.off("exit", this.#killNow);
  }

  readonly #ready = new Set<ChildProcess>();

  #anyReady(): ChildProcess | undefined {
    return [...this.#ready].toSorted(() => Math.random() - 0.5)[0];
  }

  #spawn(): void {
    const env = { PATH: process.env.PATH, ...this.#options.settings, CLAIMER: `claimer-${++this.#started}` };
    const child = fork(join(ROOT, "e2e/dist/claimer/main.js"), {
      env,
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#running.add(child);
    child.on("message", (message: FromClaimer) => void this.#hear(child, message));
    child.on("error", () => {}); // an answer to one that was killed meanwhile
    child.once("exit", () => {
      this.#running.delete(child);
      this.#ready.delete(child);
      if (!this.#stopped) this.#spawn();
    });
  }

  async #hear(child: ChildProcess, message: FromClaimer): Promise<void> {
    const { telegram, refused } = this.#options;
    switch (message.kind) {
      case "ready":
        return void this.#ready.add(child);
      case "refused":
        return refused.add(`${message.method}: ${message.reason}`);
      case "sent":
        return telegram.fileKept(message.trackKey);
      case "send": {
        const answer: ToClaimer = { call: message.call, verdict: await telegram.take(message.send) };
        if (child.connected) child.send(answer);
      }
    }
  }
}
