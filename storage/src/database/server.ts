import type { PoolConfig } from "pg";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** Waiting for a connection, to the server or for a free one of the pool. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A statement that runs longer is stopped by the server; callers give up after 2 s. */
const STATEMENT_TIMEOUT_MS = 5_000;
/** When even the server's own timeout does not arrive, such as on a cable that was pulled. */
const SILENCE_TIMEOUT_MS = 8_000;
const IDLE_TIMEOUT_MS = 30_000;

/**
 * What node-postgres needs to reach the server that DATABASE_URL names.
 *
 * @param poolSize connections at most, from 1
 * @throws {UnusableDatabaseError} for an address that cannot work
 */
export function serverConnection(url: string, poolSize: number): PoolConfig {
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
    // Times are read and written without a zone.
    options: "-c TimeZone=UTC",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  };
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
