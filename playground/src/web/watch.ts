import { setTimeout as sleep } from "node:timers/promises";

export interface WatchOptions<T> {
  /** Asks once; rejects or resolves within its own deadline. */
  read: (signal: AbortSignal) => Promise<T>;
  /** Told the first answer and each that differs from the one before. */
  changed: (value: T) => void;
  /** Pause between two questions. */
  intervalMs: number;
  /** False: nobody looks, so nobody is asked. */
  isWatched: () => boolean;
}

/** How soon a new watcher is noticed. */
const IDLE_MS = 250;

/** Asks again and again until `signal` aborts. */
export async function watch<T>({ read, changed, intervalMs, isWatched }: WatchOptions<T>, signal: AbortSignal): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    if (isWatched()) {
      const value = await read(signal);
      const json = JSON.stringify(value);
      if (json !== last && !signal.aborted) changed(value);
      last = json;
    }
    const pauseMs = isWatched() ? intervalMs : Math.min(intervalMs, IDLE_MS);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // the end of the pause is the end of the loop
  }
}
