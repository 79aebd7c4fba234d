import { timingSafeEqual } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { list, type Env } from "./env.js";
import { serviceError } from "./errors/service-error.js";
import { ConfigError } from "./start-errors.js";

/** The keys a service accepts. */
export interface ApiKeys {
  /** The one that clients send. */
  readonly first: string;
  /**
   * Says who calls.
   *
   * @param authorization the header's value, `Bearer KEY`
   * @returns name of the caller, `default` for a key without a name
   * @throws ConnectError UNAUTHENTICATED with API_KEY_MISSING, API_KEY_MALFORMED or API_KEY_INVALID
   */
  verify(authorization: string | null | undefined): string;
}

/** Shorter keys can be guessed. */
const MIN_KEY_LENGTH = 16;

/** All keys are compared at this length, so that the time tells nothing of theirs. */
const MAX_KEY_LENGTH = 256;

/** A key's characters with zeros after them; a longer one loses its end, and is refused by its length. */
function writePadded(key: string, bytes: Buffer): Buffer {
  bytes.fill(0);
  bytes.write(key, "latin1");
  return bytes;
}

/** Visible ASCII: what a header can carry. */
function parse(entry: string): { name: string; key: string } {
  const colon = entry.indexOf(":");
  const name = colon > 0 ? entry.slice(0, colon) : "default";
  const key = entry.slice(colon + 1);
  if (!/^[\x21-\x7e]+$/.test(key) || key.length < MIN_KEY_LENGTH) {
    throw new Error(`has a key that is not ${MIN_KEY_LENGTH} or more visible ASCII characters`);
  }
  if (key.length > MAX_KEY_LENGTH) throw new Error(`has a key of more than ${MAX_KEY_LENGTH} characters`);
  return { name, key };
}

/** Reads `name:key` or `key` entries. They are compared in constant time, and all of them every time. */
export function createApiKeys(entries: readonly string[]): ApiKeys {
  const known = entries.map(parse).map(({ name, key }) => ({ name, key, bytes: writePadded(key, Buffer.alloc(MAX_KEY_LENGTH)) }));
  const [first] = known;
  const asked = Buffer.alloc(MAX_KEY_LENGTH); // one for all calls: they are compared one after another
  if (!first) throw new Error("has no key");
  return {
    first: first.key,
    verify(authorization) {
      if (!authorization) throw denied("API_KEY_MISSING", "send the header authorization: Bearer KEY");
      const given = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
      if (given === undefined) throw denied("API_KEY_MALFORMED", "the header authorization must be: Bearer KEY");
      writePadded(given, asked);
      let caller: string | undefined;
      for (const candidate of known) {
        if (timingSafeEqual(candidate.bytes, asked)) caller ??= candidate.name;
      }
      if (caller === undefined || given.length > MAX_KEY_LENGTH) throw denied("API_KEY_INVALID", "this API key is not known");
      return caller;
    },
  };
}

/** Reads API keys from the environment, `name:key,…` or `key,…`, which must be there. */
export function apiKeys(env: Env, name: string): ApiKeys {
  const entries = list(env, name, []);
  if (entries.length === 0) throw new ConfigError(name, "is not set", "bot:a-long-random-string");
  try {
    return createApiKeys(entries);
  } catch (cause) {
    throw new ConfigError(name, cause instanceof Error ? cause.message : "is malformed", "bot:a-long-random-string");
  }
}

function denied(reason: string, message: string) {
  return serviceError(Code.Unauthenticated, reason, message);
}
