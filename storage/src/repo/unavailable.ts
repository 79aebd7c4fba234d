import { isNetworkError } from "../database/network-error.js";

// Kinds that Prisma's adapter gives to errors of the connection.
const KINDS = new Set([
  "ConnectionClosed",
  "DatabaseNotReachable",
  "SocketTimeout",
  "TlsConnectionError",
  "TooManyConnections",
  "TransactionWriteConflict",
]);
// Classes of SQLSTATE: connection, rolled back because of others, resources, operator intervention (a stop, a timeout), system.
const CLASSES = new Set(["08", "40", "53", "57", "58"]);
/** A standby that took over, or is about to. */
const READ_ONLY = "25006";
/** Another transaction has the lock. */
const LOCK_NOT_AVAILABLE = "55P03";

/** Whether an error of the repo means that the database cannot be asked now: asking again later may work. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // By its name: its class would load Prisma, which few processes need.
  if (error.name === "PrismaClientKnownRequestError") return isUnavailableCause(adapterCause(error));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return isNetworkError(error) || isUnavailableState(code);
}

function adapterCause(error: Error): object {
  const meta = "meta" in error ? (error.meta as { driverAdapterError?: unknown } | undefined) : undefined;
  const adapterError = meta?.driverAdapterError;
  const cause = adapterError instanceof Error ? adapterError.cause : undefined;
  return typeof cause === "object" && cause !== null ? cause : {};
}

function isUnavailableCause(cause: object): boolean {
  const kind = "kind" in cause && typeof cause.kind === "string" ? cause.kind : "";
  const state = "originalCode" in cause && typeof cause.originalCode === "string" ? cause.originalCode : "";
  return KINDS.has(kind) || isUnavailableState(state);
}

function isUnavailableState(state: string): boolean {
  if (!/^[0-9A-Z]{5}$/.test(state)) return false;
  return CLASSES.has(state.slice(0, 2)) || state === READ_ONLY || state === LOCK_NOT_AVAILABLE;
}
