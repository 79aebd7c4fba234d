import {
  apiKeys,
  ConfigError,
  integer,
  logLevel,
  optionalText,
  port,
  serverCapacity,
  serverTlsSettings,
  stopTimes,
  text,
  tracesEnabled,
  type ApiKeys,
  type Env,
  type ServerCapacity,
  type StopTimes,
  type Tls,
} from "@refrain/mesh";
import type { DatabaseOptions } from "./database/database.js";

/** Everything storage reads from its environment. Nothing else reads `process.env`. */
export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly ports: { readonly grpc: number; readonly http: number; readonly ops: number };
  readonly keys: ApiKeys;
  readonly database: DatabaseOptions;
  readonly logLevel: string;
  /** Whether traces are exported. */
  readonly traces: boolean;
  readonly stop: StopTimes;
  /** Calls of any kind that one key may make in a second; 0 = no limit. */
  readonly callsPerSecond: number;
  /** Certificates; undefined: cleartext. */
  readonly tls: Tls | undefined;
  readonly capacity: ServerCapacity;
}

const MAX_POOL_SIZE = 100;
const MAX_CALLS_PER_SECOND = 1_000_000;

/** @throws {ConfigError} for the first variable that is missing or malformed */
export function readConfig(env: Env): Config {
  return {
    host: text(env, "BIND_HOST", "127.0.0.1"),
    ports: {
      grpc: port(env, "STORAGE_PORT", 50052),
      http: port(env, "STORAGE_HTTP_PORT", 8052),
      ops: port(env, "STORAGE_OPS_PORT", 9052),
    },
    keys: apiKeys(env, "STORAGE_API_KEYS"),
    database: readDatabase(env),
    logLevel: logLevel(env),
    traces: tracesEnabled(env),
    stop: stopTimes(env),
    callsPerSecond: integer(env, "STORAGE_CALLS_PER_SECOND", 0, { max: MAX_CALLS_PER_SECOND }),
    tls: serverTlsSettings(env),
    capacity: serverCapacity(env),
  };
}

function readDatabase(env: Env): DatabaseOptions {
  const url = optionalText(env, "DATABASE_URL");
  // The embedded database is one session, so the size of a pool is the server's alone.
  const poolSize = integer(env, "DATABASE_POOL_SIZE", 10, { min: 1, max: MAX_POOL_SIZE });
  if (url === undefined) return { kind: "embedded", dataDir: text(env, "DATA_DIR", "./data") };
  if (!isPostgresUrl(url)) {
    // Not the value: it may hold a password.
    throw new ConfigError("DATABASE_URL", "is no PostgreSQL address", "postgresql://refrain:password@127.0.0.1:5432/refrain");
  }
  return { kind: "server", url, poolSize };
}

function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && ["postgresql:", "postgres:"].includes(new URL(url).protocol);
}
