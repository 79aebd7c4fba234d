import { pause, systemClock } from "../clock.js";
import { HttpStatusError, mayPass, toSourceError } from "./http-errors.js";

export interface RetryOptions {
  /** Of the source, for messages. */
  name: string;
  /** The wait before the second attempt, at most; before the third twice as long. It is drawn at random. */
  backoffMs: number;
  /** A source that wants to be left alone for longer is not asked again. */
  maxRetryAfterMs: number;
  /** Fires when the client is closed: then nothing is asked again. */
  closing: AbortSignal;
}

/** Attempts in a row that bring nothing. */
const MAX_ATTEMPTS = 3;
/** Attempts in all, however much each of them brings. */
const MAX_ATTEMPTS_IN_ALL = 20;

/**
 * Asks again while that may help, until the signal fires, whose reason it then rejects with.
 *
 * @param attempt rejects with anything; it is made an error of sources
 * @param gained says whether the last attempt got further, which makes the next one the first again
 */
export async function withRetries<T>(
  options: RetryOptions,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  gained: () => boolean = () => false,
): Promise<T> {
  for (let inAll = 1, fruitless = 1; ; inAll += 1, fruitless += 1) {
    try {
      return await attempt();
    } catch (cause) {
      signal.throwIfAborted();
      const error = toSourceError(options.name, cause);
      if (gained()) fruitless = 0;
      if (fruitless >= MAX_ATTEMPTS || inAll >= MAX_ATTEMPTS_IN_ALL || !mayPass(error) || options.closing.aborted) throw error;
      const asked = error instanceof HttpStatusError ? (error.retryAfterMs ?? 0) : 0;
      if (asked > options.maxRetryAfterMs) throw error;
      await pause(systemClock, asked + Math.random() * options.backoffMs * 2 ** (fruitless - 1), signal);
    }
  }
}
