import type { Clock } from "./clock.js";

/** Removes one kind of rows that nobody needs any more, or looks how many there are. Stops early when `signal` aborts. */
export type Sweep = (now: Date, signal: AbortSignal) => Promise<unknown>;

export interface SweeperOptions {
  /** One after another, so that little of the database is taken at once. One that fails does not keep the next from running. */
  readonly sweeps: readonly Sweep[];
  readonly now: Clock;
  /** Milliseconds from one start of all sweeps to the next. */
  readonly everyMs: number;
  /** So many writes bring the next sweep forward: the tables never outgrow their limits by much more. */
  readonly everyWrites: number;
  readonly onError: (error: unknown) => void;
}

/** Removes what nobody needs any more, now and then. */
export interface Sweeper {
  /** Counts a write. */
  written(): void;
  /** Stops; resolves when no sweep runs. */
  stop(): Promise<void>;
}

/** Starts with all sweeps at once. */
export function startSweeper({ sweeps, now, everyMs, everyWrites, onError }: SweeperOptions): Sweeper {
  const stopping = new AbortController();
  let writes = 0;
  let running: Promise<void> | undefined;
  const runAll = async () => {
    for (const run of sweeps) {
      if (!stopping.signal.aborted) await run(now(), stopping.signal).catch(onError);
    }
  };
  const sweep = () => {
    if (running !== undefined || stopping.signal.aborted) return;
    writes = 0;
    running = runAll().finally(() => {
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
