import { setMaxListeners } from "node:events";
import { SourceUnavailableError } from "../errors.js";

/** A signal that fires with another one, or when time is up; to be disposed of when the work is done. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Time is up `ms` from now, and what was set before is void. 0: it never is. */
  set(ms: number): void;
  dispose(): void;
}

/** `AbortSignal.any` with `AbortSignal.timeout` would keep a listener on a signal that lives long. */
export function timeLimit(source: string, signal: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  let timer: NodeJS.Timeout | undefined;
  if (signal.aborted) follow();
  // Many requests of one call listen to its signal, each until it is done: that is no leak, so nobody is to be warned of one.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    set(ms) {
      clearTimeout(timer);
      if (ms === 0) return;
      const late = () =>
        controller.abort(new SourceUnavailableError(`${source} does not answer in time`, { problem: "timeout" }));
      timer = setTimeout(late, ms).unref();
    },
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener("abort", follow);
    },
  };
}
