import { inSpan, type Logger } from "@refrain/mesh";
import { describeError } from "./describe-error.js";
import { createSlots } from "./slots.js";

/** Runs work beside the lanes, so that a slow search or download holds back no update. */
export interface Runner {
  /** Starts work, or queues it, in a span of that name in the trace of whoever starts it. False: the queue is full and nothing was done. Errors of the work end in the log. */
  start(name: string, work: (signal: AbortSignal) => Promise<void>): boolean;
  /** Aborts all work and waits until it has ended. */
  close(): Promise<void>;
}

export interface RunnerOptions {
  /** How many run at once. */
  readonly slots: number;
  /** How many more may wait. */
  readonly queue: number;
  readonly logger: Logger;
}

export function createRunner({ slots: size, queue, logger }: RunnerOptions): Runner {
  const slots = createSlots(size);
  const stop = new AbortController();
  const running = new Set<Promise<void>>();

  async function run(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await slots.run(() => inSpan(name, {}, () => work(stop.signal)), stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) logger.warn({ work: name, error: describeError(error) }, "background work failed");
    }
  }

  return {
    start(name, work) {
      if (stop.signal.aborted || (!slots.free() && slots.waiting() >= queue)) return false;
      const job = run(name, work).finally(() => running.delete(job));
      running.add(job);
      return true;
    },
    async close() {
      stop.abort(new DOMException("the bot stops", "AbortError"));
      await Promise.all(running);
    },
  };
}
