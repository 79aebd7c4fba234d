import { isNetworkError } from "./network-error.js";
import { parseAddress } from "./server.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** SQLSTATEs of a server that starts, stops or has just crashed. */
const STOPPING = new Set(["57P01", "57P02", "57P03"]);

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
    case "25006":
      return say(`PostgreSQL at ${host} takes no writes: it is a standby, or read-only. Point DATABASE_URL to the primary`);
    case "42501":
      return say(
        `user ${decodeURIComponent(username)} may not create tables in database ${database}: grant it CREATE, or use its owner`,
      );
    default:
      if (isNetworkError(error) || STOPPING.has(code)) {
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

function withoutPassword(url: string, error: unknown): string {
  const { password } = parseAddress(url);
  const message = error instanceof Error ? error.message : String(error);
  return password === "" ? message : message.replaceAll(decodeURIComponent(password), "…").replaceAll(password, "…");
}
