import { randomUUID } from "node:crypto";
import { deadline, type Logger, type Redis } from "@refrain/mesh";
import type { StoreChange } from "./store-context.js";

export interface FileRegistryOptions {
  redis: Pick<Redis, "client">;
  logger: Logger;
  /** All that this replica has: names of files, and keys of entries. */
  contents: (signal: AbortSignal) => AsyncIterable<string>;
  /** How often this replica says that it lives, in milliseconds. Default: 5,000. */
  beatMs?: number | undefined;
}

/** Who has which file, as Redis knows it. */
export interface FileRegistry {
  /** Joins the others. @param address where they reach this replica, such as `http://10.0.0.7:8051` */
  join(address: string): void;
  /** Addresses of other replicas that live and have a file or an entry; undefined while Redis does not tell. */
  owners(name: string): Promise<string[] | undefined>;
  /** Says what came and went. While Redis is away it is said later. Never rejects. */
  changed(change: StoreChange): Promise<void>;
  close(): Promise<void>;
}

/** One set of names for each replica, which goes away by itself with the replica. */
const PREFIX = "{refrain:music}:files:";
const REPLICAS = `${PREFIX}replicas`;
const BEAT_MS = 5_000;
/** A replica that was silent for so many beats is not asked any more. */
const SILENT_BEATS = 3;
/** What a replica has is forgotten so long after its last word. */
const FORGET_SECONDS = 3_600;
const BATCH = 1_000;
const REDIS_MS = 5_000;
/** Longer than a busy process takes: a file that is not found is fetched again. */
const LOOK_MS = 500;
const REST_MS = 1_000;
/** Keeps an empty set in being, so that one that Redis has lost is noticed. */
const SENTINEL = "-";

/**
 * Looks at all replicas in one go; those that are forgotten are taken off the list. Covers of a library are not told, as replicas
 * usually share it: whoever lives may have them.
 */
const OWNERS = `
local found = {}
local cover = string.sub(ARGV[3], -4) == '.jpg'
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local address = redis.call('GET', ARGV[1] .. 'at:' .. id)
  if address then
    local has = cover or redis.call('SISMEMBER', ARGV[1] .. 'of:' .. id, ARGV[3]) == 1
    if has and id ~= ARGV[2] then found[#found + 1] = address end
  elseif redis.call('EXISTS', ARGV[1] .. 'of:' .. id) == 0 then
    redis.call('SREM', KEYS[1], id)
  end
end
return found`;

export function createFileRegistry({ redis, logger, contents, beatMs = BEAT_MS }: FileRegistryOptions): FileRegistry {
  const { client } = redis;
  const id = randomUUID();
  const [at, of] = [`${PREFIX}at:${id}`, `${PREFIX}of:${id}`];
  const closing = new AbortController();
  let address: string | undefined;
  /** False: Redis may not know all that we have. */
  let complete = false;
  let beating: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let restsUntil = 0;

  async function beat(): Promise<void> {
    if (address === undefined || closing.signal.aborted) return;
    await client.set(at, address, { expiration: { type: "PX", value: beatMs * SILENT_BEATS } });
    await client.sAdd(REPLICAS, id);
    if (!complete || !(await client.expire(of, FORGET_SECONDS))) await tellAll();
  }

  async function tellAll(): Promise<void> {
    // Set before: what changes meanwhile and cannot be told makes it false again.
    complete = true;
    try {
      let names: string[] = [SENTINEL];
      for await (const name of contents(closing.signal)) {
        names.push(name);
        if (names.length < BATCH) continue;
        await client.sAdd(of, names);
        await client.pExpire(at, beatMs * SILENT_BEATS); // a hundred thousand names take seconds
        names = [];
      }
      if (names.length > 0) await client.sAdd(of, names);
      await client.expire(of, FORGET_SECONDS);
    } catch (error) {
      complete = false;
      throw error;
    }
  }

  /** One after another; a failure is said by Redis' own log line, and the next beat makes it good. */
  const beatNext = () =>
    (beating = beating.then(() =>
      beat().catch((error: unknown) => {
        complete = false;
        logger.debug({ err: error }, "other replicas could not be told of our files");
      }),
    ));

  async function tell({ added, removed }: StoreChange): Promise<void> {
    if (added.length > 0) await client.sAdd(of, [...added]);
    for (let from = 0; from < removed.length; from += BATCH) await client.sRem(of, removed.slice(from, from + BATCH));
  }

  return {
    join(own) {
      address = own;
      timer = setInterval(() => void beatNext(), beatMs).unref();
      void beatNext();
    },
    async owners(name) {
      // A Redis that says nothing holds up one caller a second, not all.
      if (performance.now() < restsUntil) return undefined;
      const look = () => client.eval(OWNERS, { keys: [REPLICAS], arguments: [PREFIX, id, name] });
      return deadline(LOOK_MS, look).then(texts, () => {
        restsUntil = performance.now() + REST_MS;
        return undefined; // away: its log line says so
      });
    },
    async changed(change) {
      await deadline(REDIS_MS, () => tell(change)).catch(() => {
        complete = false;
      });
    },
    async close() {
      clearInterval(timer);
      closing.abort(new Error("music is stopping"));
      await beating;
      // Without Redis the others forget us by themselves.
      await deadline(REDIS_MS, () => Promise.all([client.del([at, of]), client.sRem(REPLICAS, id)])).catch(() => {});
    },
  };
}

function texts(answer: unknown): string[] {
  return Array.isArray(answer) ? answer.filter((item) => typeof item === "string") : [];
}
