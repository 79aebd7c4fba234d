import type { HandlerContext } from "@connectrpc/connect";
import { SourceUnavailableError } from "../errors.js";

/** What a source may take, however long the caller would wait. */
const MAX_MS = 12_000;
/** Kept for merging and for the way back. */
const RESERVE_MS = 1_000;

/**
 * Runs work on sources within what the caller gives: its signal also fires, with SourceUnavailableError `timeout`, a second before the
 * caller's deadline (of a short one, at its half), or after 12 s.
 */
export async function withinCall<T>(
  context: Pick<HandlerContext, "signal" | "timeoutMs">,
  work: (signal: AbortSignal) => Promise<T>,
  maxMs = MAX_MS,
): Promise<T> {
  const left = context.timeoutMs() ?? Number.POSITIVE_INFINITY;
  const timeoutMs = Math.min(maxMs, Math.max(left - RESERVE_MS, left / 2));
  const giveUp = new AbortController();
  const timer = setTimeout(
    () => giveUp.abort(new SourceUnavailableError("no answer in time", { problem: "timeout" })),
    timeoutMs,
  );
  try {
    return await work(AbortSignal.any([context.signal, giveUp.signal]));
  } finally {
    clearTimeout(timer);
  }
}
