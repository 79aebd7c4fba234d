import type { Clock } from "./clock.js";
import type { Expiry, ExpiryLimits } from "./repo/expiry.js";

export interface SweeperOptions {
  readonly expiry: Expiry;
  readonly limits: ExpiryLimits;
  readonly now: Clock;
  /** Milliseconds between two sweeps. */
  readonly everyMs: number;
  /** So many writes bring the next sweep forward: the tables never outgrow their limits by much more. */
  readonly everyWrites: number;
  readonly onError: (error: unknown) => void;
}

/** Keeps what can be found again within its limits, one sweep at a time. */
export interface Sweeper {
  /** Counts a write. */
  written(): void;
  /** Stops; resolves when no sweep runs. */
  stop(): Promise<void>;
}

/** Starts with a sweep at once. */
export function startSweeper({ expiry, limits, now, everyMs, everyWrites, onError }: SweeperOptions): Sweeper {
  const stopping = new AbortController();
  let writes = 0;
  let running: Promise<void> | undefined;
  const sweep = () => {
    if (running !== undefined || stopping.signal.aborted) return;
    writes = 0;
    running = expiry
      .sweep(limits, now(), stopping.signal)
      .then(() => {}, onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(sweep, everyMs);
  timer.unref();
  sweep();
  return {
    written() {
      writes += 1;
      if (writes >= everyWrites) sweep();
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
