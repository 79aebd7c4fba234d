import { inTrace } from "@refrain/mesh";
import type { TelegramUpdate } from "gramio";
import { updateDuration, updateErrors } from "../metrics.js";

type Handle = (update: TelegramUpdate) => Promise<unknown>;

/** Handles each update in a trace of its own, which knows the kind of the update and nothing of who sent it or what it says. */
export function traceUpdates(handle: Handle): Handle {
  return async (update) => {
    const kind = update.callback_query ? "callback_query" : "message";
    const startedAt = performance.now();
    try {
      return await inTrace(`update ${kind}`, {}, () => handle(update));
    } catch (error) {
      updateErrors.inc();
      throw error;
    } finally {
      updateDuration.observe({ kind }, (performance.now() - startedAt) / 1_000);
    }
  };
}
