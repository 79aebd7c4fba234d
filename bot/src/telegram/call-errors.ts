import { TelegramError } from "gramio";

/** Telegram gave no proper answer: network, deadline, or a proxy's page. Holds no cause, since that may name the token. */
class TelegramUnreachableError extends Error {
  override name = "TelegramUnreachableError";
}

/** Milliseconds that a 429 asks to wait; undefined for every other error. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof TelegramError) || error.code !== 429) return undefined;
  return (error.payload?.retry_after ?? 1) * 1000;
}

export function isNotModified(error: unknown): boolean {
  return error instanceof TelegramError && error.code === 400 && error.message.includes("message is not modified");
}

/** The file id is not, or no longer, good for this bot. */
export function isUnknownFile(error: unknown): boolean {
  return error instanceof TelegramError && error.code === 400 && /file|FILE_REFERENCE|document/i.test(error.message);
}

/** Telegram does not know this token. */
export function isBadToken(error: unknown): boolean {
  return error instanceof TelegramError && (error.code === 401 || error.code === 404);
}

const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ENETUNREACH", "EHOSTUNREACH"]);

/** No connection came about, so that even a message may be sent again without coming twice. */
export function wasNeverSent(error: unknown): boolean {
  return NEVER_SENT.has(causeCode(error) ?? "");
}

/** The error as it may be logged: Telegram's own answers stay, everything else loses its inner text. */
export function withoutToken(error: unknown, method: string, token: string): Error {
  if (error instanceof TelegramError) {
    error.message = error.message.replaceAll(token, "TOKEN");
    return error;
  }
  if (error instanceof SyntaxError) return new TelegramUnreachableError(`${method}: the answer is not JSON`);
  return new TelegramUnreachableError(`${method}: ${innerText(error).replaceAll(token, "TOKEN")}`);
}

/** `fetch` says only that it failed; its cause says why. */
function innerText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return causeCode(error) ?? `${error.message}${cause}`;
}

function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}
