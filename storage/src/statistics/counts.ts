import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import { countDeliveries } from "../metrics.js";
import type { DayCount, DayCounts } from "../repo/day-counts.js";
import { Tally, type CountName } from "./tally.js";
import { utcDay } from "../utc-day.js";

/** Counts what happens, for the statistics of days. */
export interface Counts {
  /** In memory: it costs nothing to speak of, and a crash forgets the last seconds. */
  add(name: CountName, by?: number): void;
}

/** Counts that reach the database by themselves. */
export interface RunningCounts extends Counts {
  /** Brings all counts into the database. Rejects when it does not take them: then they stay, for the next time. */
  flush(): Promise<void>;
  /** Flushes once more, and no longer by itself. */
  stop(): Promise<void>;
}

export interface CountsOptions {
  readonly dayCounts: Pick<DayCounts, "add">;
  readonly now: Clock;
  /** Milliseconds between two flushes. */
  readonly everyMs: number;
  /** Told of the first of several failures in a row. */
  readonly onError: (error: unknown) => void;
}

export function startCounts({ dayCounts, now, everyMs, onError }: CountsOptions): RunningCounts {
  const tally = new Tally();
  const flush = flusher(dayCounts, tally, utcDay(now()));
  let isFlushing = false;
  let isFailing = false;
  const tryToFlush = async () => {
    isFlushing = true;
    try {
      await flush();
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(error);
      isFailing = true;
    } finally {
      isFlushing = false;
    }
  };
  const timer = setInterval(() => {
    if (!isFlushing) void tryToFlush();
  }, everyMs);
  timer.unref();
  return {
    add(name, by = 1) {
      tally.add(utcDay(now()), name, by);
      countDeliveries(name, by);
    },
    flush,
    stop() {
      clearInterval(timer);
      return tryToFlush();
    },
  };
}

/** One flush after another. What is on its way goes again unchanged, under its number, until the database says that it has it. */
function flusher(dayCounts: Pick<DayCounts, "add">, tally: Tally, startDay: string): () => Promise<void> {
  const writer = { name: randomUUID(), day: startDay };
  let onItsWay: readonly DayCount[] = [];
  let sequence = 0;
  let last = Promise.resolve();
  const send = async () => {
    if (onItsWay.length > 0) await dayCounts.add(onItsWay, { ...writer, sequence });
    onItsWay = tally.take();
    sequence += 1;
    if (onItsWay.length > 0) await dayCounts.add(onItsWay, { ...writer, sequence });
    onItsWay = [];
  };
  return () => {
    const sent = last.then(send);
    last = sent.catch(() => {}); // told to whoever asked for it; the next one tries again
    return sent;
  };
}
