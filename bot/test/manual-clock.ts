import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../src/clock.js";

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      const wakeUp = () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", wakeUp, { once: true });
    });
  }

  /** Lets time pass, and everything happen that waits for it. */
  async advance(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#now = Math.max(this.#now, due.at);
      this.#sleepers.delete(due);
      due.wake();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  #next(end: number) {
    const due = [...this.#sleepers].filter(({ at }) => at <= end);
    return due.toSorted((one, other) => one.at - other.at)[0];
  }
}

/** Waits until everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn();
}
