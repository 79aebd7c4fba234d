import { createRequire } from "node:module";
import type { RateLimiterRedis } from "rate-limiter-flexible";
import type { Redis } from "../redis/open-redis.js";
import { asCount, type Count } from "./local-counter.js";

export interface SharedCounterOptions {
  /** Part of the keys in Redis: `refrain:limit:NAME:KEY`. */
  name: string;
  points: number;
  seconds: number;
  redis: Redis;
  /** Counts every call as well, and answers for those that Redis does not answer in time. */
  local: Count;
  /** Told of each call that Redis did not count in time. */
  onLocal: () => void;
}

/**
 * What is counted in Redis, for all processes together.
 *
 * Each call is counted in this process too: when Redis falls silent, nobody gets a new quota from the process that knows them.
 */
export function countShared({ name, points, seconds, redis, local, onLocal }: SharedCounterOptions): Count {
  const load = createRequire(import.meta.url);
  const Shared = load("rate-limiter-flexible/lib/RateLimiterRedis.js") as typeof RateLimiterRedis;
  const shared = new Shared({
    storeClient: redis.client,
    useRedisPackage: true,
    keyPrefix: `refrain:limit:${name}`,
    points,
    duration: seconds,
  });
  return async (key) => {
    const here = local(key);
    try {
      return await redis.quickly(() => shared.consume(key).catch(asCount));
    } catch {
      // Whatever Redis failed with was logged where its state changed.
      onLocal();
      return here;
    }
  };
}
