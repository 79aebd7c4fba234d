import { setTimeout as wait } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { integer, type Env } from "../env.js";
import { serviceError } from "../errors/service-error.js";

/** How long a stop may take. */
export interface StopTimes {
  /** Time for clients to notice NOT_SERVING while calls are still taken, in milliseconds. */
  graceMs: number;
  /** Time for running calls to end by themselves, in milliseconds. */
  drainMs: number;
}

/** Time for handlers to wind up once their signal has fired. */
const ABORT_MS = 1_000;

/** Reads STOP_GRACE_MS (default 5,000) and STOP_DRAIN_MS (default 30,000). */
export function stopTimes(env: Env): StopTimes {
  return {
    graceMs: integer(env, "STOP_GRACE_MS", 5_000, { max: 300_000 }),
    drainMs: integer(env, "STOP_DRAIN_MS", 30_000, { max: 300_000 }),
  };
}

/** What can be stopped. */
export interface Door {
  /** Tells clients to go elsewhere. */
  leave?(): void;
  /** Takes nothing new; resolves when the running calls have ended. */
  drain(): Promise<void>;
  /** Tells running calls to end. */
  abort(reason: unknown): void;
  /** Closes what is still open. */
  force(): void;
}

/** Leave, wait for clients to notice, drain, abort what runs too long, and close. */
export async function stopInOrder(doors: readonly Door[], times: StopTimes): Promise<void> {
  for (const door of doors) door.leave?.();
  if (times.graceMs > 0) await wait(times.graceMs);
  const drained = Promise.all(doors.map((door) => door.drain()));
  if (!(await endsWithin(drained, times.drainMs))) {
    const reason = serviceError(Code.Unavailable, "SHUTTING_DOWN", "this server stops: ask another");
    for (const door of doors) door.abort(reason);
    await endsWithin(drained, ABORT_MS);
  }
  for (const door of doors) door.force();
}

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = wait(ms, false, { signal: timer.signal });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    timer.abort();
    await timeout.catch(() => false); // its own abort
  }
}
