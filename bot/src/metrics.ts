import { Code, ConnectError } from "@connectrpc/connect";
import { counter, durations, gauge, reasonOf } from "@refrain/mesh";
import { TelegramError } from "gramio";

/** Handling of updates, until the handler returned; work beside its lane goes on after that. */
export const updateDuration = durations("refrain_update_duration_seconds", "Time that handlers of updates took.", ["kind"]);

/** Updates whose handler failed. */
export const updateErrors = counter("refrain_update_errors_total", "Updates that could not be handled.");

/** Searches by who knew the answer: `memory`, `storage` (also when it was stale) or `music`. */
export const searches = counter("refrain_searches_total", "Searches that were answered, by who knew.", ["answered_by"]);

const deliveries = counter("refrain_deliveries_total", "Tracks that were asked for, by how it ended.", ["outcome", "reason"]);

/** One upload of a file to Telegram, with the repetitions that it needed. */
export const uploadDuration = durations("refrain_upload_duration_seconds", "Duration of uploads to Telegram.", ["outcome"]);

/** One attempt of a call to Telegram. */
export const telegramDuration = durations("refrain_telegram_request_duration_seconds", "Duration of calls to Telegram.", [
  "method",
  "code",
]);

/** How a delivery ended, other than with a failure. */
type Ended = "file_id" | "fetched" | "cancelled" | "stopped" | "unknown_track";

/** Counts a delivery. */
export function countDelivery(outcome: Ended): void {
  deliveries.inc({ outcome, reason: "" });
}

/** Counts a delivery that failed: by the contract's reason in lower case, else by the kind of error. */
export function countFailedDelivery(error: unknown): void {
  deliveries.inc({ outcome: "failed", reason: failureReason(error) });
}

function failureReason(error: unknown): string {
  if (error instanceof TelegramError) return `telegram_${error.code}`;
  if (error instanceof ConnectError) return (reasonOf(error) ?? Code[error.code]).toLowerCase();
  return error instanceof Error ? error.name : "other";
}

/** `ok`, the code that Telegram refused with, or `none` when no proper answer came. */
export function telegramCode(error?: unknown): string {
  if (error === undefined) return "ok";
  return error instanceof TelegramError ? String(error.code) : "none";
}

/** Shows how much waits: updates in the lanes, files for a slot to be uploaded in. */
export function showQueues(updates: () => number, uploads: () => number): void {
  gauge("refrain_updates_pending", "Updates that wait for their handler, or are being handled.", updates);
  gauge("refrain_uploads_waiting", "Files that wait to be uploaded.", uploads);
}
