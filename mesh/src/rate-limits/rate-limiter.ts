import { Code } from "@connectrpc/connect";
import { serviceError } from "../errors/service-error.js";
import { counter } from "../metrics.js";
import type { Redis } from "../redis/open-redis.js";
import { countLocally } from "./local-counter.js";
import { countShared } from "./shared-counter.js";

const rateLimited = counter("refrain_rate_limited_total", "Calls refused because there were too many, by limit.", ["limit"]);

const countedLocally = counter(
  "refrain_rate_limit_local_total",
  "Calls counted in this process alone because Redis did not count them in time, by limit.",
  ["limit"],
);

/** Counts a call that a limit refused, for limits that are no number of calls in a time. */
export function recordRateLimited(limit: string): void {
  rateLimited.inc({ limit });
}

export interface RateLimiterOptions {
  /** Names it in metrics and in Redis: a few lower-case words, never made from a request. */
  name: string;
  /** Calls that a key may make within one window. 0: no limit. */
  points: number;
  /** Length of a window, which begins with its first call. At least 1. */
  seconds: number;
  /** Where it is counted for all processes together. Default: in this process alone. */
  redis?: Redis | undefined;
}

/** Counts calls by key. */
export interface RateLimiter {
  /**
   * Counts one call.
   *
   * @throws ConnectError RESOURCE_EXHAUSTED with RATE_LIMITED, the limit, and the time until the key's window ends
   */
  consume(key: string): Promise<void>;
}

/** A limit of so many calls in so many seconds for each key; undefined when there is none, so that it costs nothing. */
export function createRateLimiter({ name, points, seconds, redis }: RateLimiterOptions): RateLimiter | undefined {
  if (points === 0) return undefined;
  const local = countLocally(points, seconds);
  const onLocal = () => countedLocally.inc({ limit: name });
  const count = redis ? countShared({ name, points, seconds, redis, local, onLocal }) : local;
  return {
    async consume(key) {
      const { consumedPoints, msBeforeNext } = await count(key);
      if (consumedPoints > points) throw rateLimitedError(name, points, seconds, msBeforeNext);
    },
  };
}

function rateLimitedError(name: string, points: number, seconds: number, retryAfterMs: number) {
  recordRateLimited(name);
  return serviceError(Code.ResourceExhausted, "RATE_LIMITED", `no more than ${points} of these calls in ${seconds} s`, {
    retryAfterMs: Math.max(1, retryAfterMs),
    metadata: { limit: String(points), window_seconds: String(seconds) },
  });
}
