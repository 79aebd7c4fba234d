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
import type { DatabaseOptions, ServerOptions } from "./database/database.js";

/** Everything storage reads from its environment. Nothing else reads `process.env`. */
export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly ports: { readonly grpc: number; readonly http: number; readonly ops: number };
  readonly keys: ApiKeys;
  readonly database: DatabaseOptions;
  readonly retention: Retention;
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

/** How long what has ended is kept before the sweeper removes it. */
export interface Retention {
  /** Days after a delivery ended. */
  readonly deliveriesDays: number;
  /** Days after a choice between versions was last made. */
  readonly choicesDays: number;
  /** Days of numbers for statistics and charts. */
  readonly statisticsDays: number;
}

const MAX_DAYS = 3_650;
/** The chart of a week needs these. */
const MIN_STATISTICS_DAYS = 8;
const MIN_TIMEOUT_MS = 100;
const MAX_TIMEOUT_MS = 600_000;
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
    retention: {
      deliveriesDays: integer(env, "RETENTION_DELIVERIES_DAYS", 30, { min: 1, max: MAX_DAYS }),
      choicesDays: integer(env, "RETENTION_CHOICES_DAYS", 365, { min: 1, max: MAX_DAYS }),
      statisticsDays: integer(env, "RETENTION_STATISTICS_DAYS", 400, { min: MIN_STATISTICS_DAYS, max: MAX_DAYS }),
    },
    logLevel: logLevel(env),
    traces: tracesEnabled(env),
    stop: stopTimes(env),
    callsPerSecond: integer(env, "STORAGE_CALLS_PER_SECOND", 0, { max: MAX_CALLS_PER_SECOND }),
    tls: serverTlsSettings(env),
    capacity: serverCapacity(env),
  };
}

/** Which database, for commands that need no more of the configuration. @throws {ConfigError} */
export function readDatabase(env: Env): DatabaseOptions {
  const server = readServer(env);
  return server ?? { kind: "embedded", dataDir: text(env, "DATA_DIR", "./data") };
}

/** The server of DATABASE_URL; undefined when it is not set. @throws {ConfigError} */
export function readServer(env: Env): ServerOptions | undefined {
  const url = optionalText(env, "DATABASE_URL");
  const timeout = { min: MIN_TIMEOUT_MS, max: MAX_TIMEOUT_MS };
  // Checked even when no server is set: who sets them learns of a mistake now.
  const options = {
    poolSize: integer(env, "DATABASE_POOL_SIZE", 10, { min: 1, max: MAX_POOL_SIZE }),
    connectTimeoutMs: integer(env, "DATABASE_CONNECT_TIMEOUT_MS", 5_000, timeout),
    statementTimeoutMs: integer(env, "DATABASE_STATEMENT_TIMEOUT_MS", 5_000, timeout),
  };
  if (url === undefined) return undefined;
  if (!isPostgresUrl(url)) {
    // Not the value: it may hold a password.
    throw new ConfigError("DATABASE_URL", "is no PostgreSQL address", "postgresql://refrain:password@127.0.0.1:5432/refrain");
  }
  return { kind: "server", url, ...options };
}

function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && ["postgresql:", "postgres:"].includes(new URL(url).protocol);
}
