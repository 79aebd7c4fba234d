import { randomUUID } from "node:crypto";
import { deadline, type Redis } from "@refrain/mesh";

const KEY = "{refrain:music}:files:evicting";
/** Longer than one round of removing takes; another replica goes on after that. */
const LEASE_MS = 120_000;
const REDIS_MS = 2_000;
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/**
 * Work that one of all replicas does at a time. Twice would do no harm, only remove more than is needed.
 *
 * @returns undefined when another does it, or Redis is away
 */
export function turnAlone({ client }: Pick<Redis, "client">): <T>(work: () => Promise<T>) => Promise<T | undefined> {
  return async (work) => {
    const token = randomUUID();
    const options = { condition: "NX", expiration: { type: "PX", value: LEASE_MS } } as const;
    const taken = await deadline(REDIS_MS, () => client.set(KEY, token, options)).catch(() => null); // away: its log line says so
    if (taken === null) return undefined;
    try {
      return await work();
    } finally {
      await deadline(REDIS_MS, () => client.eval(RELEASE, { keys: [KEY], arguments: [token] })).catch(() => {}); // it ends by itself
    }
  };
}
