import type { Clock } from "../src/clock.js";

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves on, calling what becomes due, in order; lets promises settle in between. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(): ManualClock {
  let time = 0;
  const timers = new Map<object, { at: number; callback: () => void }>();
  const next = (until: number) =>
    [...timers].filter(([, timer]) => timer.at <= until).toSorted(([, one], [, other]) => one.at - other.at)[0];
  return {
    now: () => time,
    after(ms, callback) {
      const id = {};
      timers.set(id, { at: time + ms, callback });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const until = time + ms;
      await settle();
      for (let due = next(until); due; due = next(until)) {
        const [id, { at, callback }] = due;
        timers.delete(id);
        time = at;
        callback();
        await settle();
      }
      time = until;
    },
  };
}

/** Enough turns for promises that wait for each other; no real time passes. */
async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
