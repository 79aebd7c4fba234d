import { ConnectError, Code } from "@connectrpc/connect";
import { reasonOf } from "@refrain/mesh";
import { TelegramError } from "gramio";

/**
 * One line about an error for the log. Only what is known to be harmless: a Telegram error also carries the message it was
 * made for, and that is the listener's business.
 */
export function describeError(error: unknown): string {
  if (error instanceof TelegramError) return `${error.method}: ${error.code} ${error.message}`;
  if (error instanceof ConnectError) {
    return [Code[error.code], reasonOf(error), error.rawMessage].filter(Boolean).join(" ");
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
