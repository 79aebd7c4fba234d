import { createRequire } from "node:module";
import type * as LruCache from "lru-cache";
import type { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Counts one for a key, and tells how many there were in the key's window and when that ends. */
export type Count = (key: string) => Promise<RateLimiterRes>;

/**
 * Keys of one limit that are remembered at once, of some 500 bytes each. The one that was not heard of for longest is
 * forgotten first: it starts anew, as it would after its window.
 */
export const MAX_LOCAL_KEYS = 20_000;

/** What is counted in this process alone. */
export function countLocally(points: number, seconds: number, maxKeys = MAX_LOCAL_KEYS): Count {
  // Loaded where something is limited. The index of the limiters would load those of fifteen databases.
  const load = createRequire(import.meta.url);
  const { LRUCache } = load("lru-cache") as typeof LruCache;
  const Memory = load("rate-limiter-flexible/lib/RateLimiterMemory.js") as typeof RateLimiterMemory;
  const memory = new Memory({ points, duration: seconds });
  const known = new LRUCache<string, true>({ max: maxKeys, dispose: (_, key) => void memory.delete(key) });
  return (key) => {
    known.set(key, true);
    return memory.consume(key).catch(asCount);
  };
}

/** A limiter rejects with its count when there is too much of it, and with an Error when it could not count. */
export function asCount(reason: unknown): RateLimiterRes {
  if (reason instanceof Error) throw reason;
  return reason as RateLimiterRes;
}
