import type { PoolConfig } from "pg";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** How to reach a PostgreSQL server. */
export interface ServerOptions {
  readonly kind: "server";
  readonly url: string;
  /** Connections at most, from 1. */
  readonly poolSize: number;
  /** Waiting for a connection, to the server or for a free one of the pool. Default: 5 s. */
  readonly connectTimeoutMs?: number;
  /** A statement that runs longer is stopped by the server; callers give up after 2 s. Default: 5 s. */
  readonly statementTimeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
/** On top of the server's own timeout, for when even that does not arrive, such as on a cable that was pulled. */
const SILENCE_MS = 3_000;
const IDLE_TIMEOUT_MS = 30_000;
/** A name that means another server now, as after a failover, is used by all connections in the end. */
const LIFETIME_S = 600;

/**
 * What node-postgres needs to reach the server that DATABASE_URL names.
 *
 * @throws {UnusableDatabaseError} for an address that cannot work
 */
export function serverConnection(options: ServerOptions): PoolConfig {
  const { url, poolSize, connectTimeoutMs = TIMEOUT_MS, statementTimeoutMs = TIMEOUT_MS } = options;
  const address = parseAddress(url);
  if (address.searchParams.has("schema")) {
    throw new UnusableDatabaseError(
      "DATABASE_URL names a schema=…, which is not supported: leave it out and give Refrain a database of its own",
    );
  }
  return {
    connectionString: url,
    max: poolSize,
    application_name: "refrain-storage",
    // Times are read and written without a zone. Compiling a statement takes longer than any of ours.
    options: "-c TimeZone=UTC -c jit=off",
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    maxLifetimeSeconds: LIFETIME_S,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
  };
}

/** The same connection for work that takes as long as it takes: migrations, an import. */
export function patientConnection(options: ServerOptions): PoolConfig {
  return { ...serverConnection(options), statement_timeout: false, query_timeout: 0, idle_in_transaction_session_timeout: 0 };
}

/** @throws {UnusableDatabaseError} for what is no PostgreSQL address, without repeating it: it may hold a password */
export function parseAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const isPostgres = address?.protocol === "postgresql:" || address?.protocol === "postgres:";
  if (address === undefined || !isPostgres || !isDecodable(address)) {
    throw new UnusableDatabaseError(
      "DATABASE_URL is not an address such as postgresql://user:password@host:5432/refrain (in user and password, % is written %25)",
    );
  }
  return address;
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    // A lone %.
    return false;
  }
}
