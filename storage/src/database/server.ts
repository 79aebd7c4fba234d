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

/** Says in one line, without the password, why a server did not take us; undefined for an error of another kind. */
export function explainRefusal(url: string, error: unknown): UnusableDatabaseError | undefined {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const { host, pathname, username } = parseAddress(url);
  const database = decodeURIComponent(pathname.slice(1));
  const say = (text: string) => new UnusableDatabaseError(text, { cause: withoutPassword(url, error) });
  switch (code) {
    case "28P01":
    case "28000":
      return say(`PostgreSQL at ${host} refused user ${decodeURIComponent(username)}: check user and password in DATABASE_URL`);
    case "3D000":
      return say(`PostgreSQL at ${host} has no database ${database}: create it, or correct DATABASE_URL`);
    case "53300":
      return say(`PostgreSQL at ${host} has no connection left: raise its max_connections or lower DATABASE_POOL_SIZE`);
    case "42501":
      return say(
        `user ${decodeURIComponent(username)} may not create tables in database ${database}: grant it CREATE, or use its owner`,
      );
    default:
      if (isUnreachable(code, error)) {
        return say(
          `cannot reach PostgreSQL at ${host || "its socket"} (${code || "no answer"}): is it running, and is DATABASE_URL right?`,
        );
      }
      if (!isHandshake(code, error)) return undefined;
      return say(
        `PostgreSQL at ${host} did not agree (${withoutPassword(url, error)}): check password and sslmode in DATABASE_URL`,
      );
  }
}

/** What goes wrong before the first query, without an SQLSTATE: no password where one is asked, certificates, TLS at all. */
function isHandshake(code: string, error: unknown): boolean {
  return error instanceof Error && /SASL|SSL|TLS|CERT|password/.test(`${code} ${error.message}`);
}

const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
  "ENOENT",
  "EACCES",
  "57P01",
  "57P02",
  "57P03",
]); // prettier-ignore

function isUnreachable(code: string, error: unknown): boolean {
  if (NETWORK_CODES.has(code) || code.startsWith("08")) return true;
  // node-postgres gives these two no code.
  return error instanceof Error && /timeout expired|timeout exceeded|Connection terminated/.test(error.message);
}

function parseAddress(url: string): URL {
  // The error of `new URL` carries its input, password and all.
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address?.protocol !== "postgresql:" && address?.protocol !== "postgres:") {
    throw new UnusableDatabaseError("DATABASE_URL is not an address such as postgresql://user:password@host:5432/refrain");
  }
  return address;
}

function withoutPassword(url: string, error: unknown): string {
  const { password } = parseAddress(url);
  const message = error instanceof Error ? error.message : String(error);
  return password === "" ? message : message.replaceAll(decodeURIComponent(password), "…").replaceAll(password, "…");
}
