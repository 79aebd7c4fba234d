import type { Logger } from "@refrain/mesh";
import type { Program } from "./program.js";

/** Knows what yt-dlp can do here, without asking it each time. */
export interface KeptProgram {
  get(signal: AbortSignal): Promise<Program>;
}

/** Operators update it while we run. */
const READY_MS = 15 * 60_000;
/** And install it. */
const MISSING_MS = 30_000;

/** Asks when it is first needed, and again from time to time; those who come meanwhile wait for the same answer. */
export function createKeptProgram(
  find: (signal: AbortSignal) => Promise<Program>,
  { now, logger }: { now: () => number; logger: Logger },
): KeptProgram {
  let kept: { program: Promise<Program>; until: number } | undefined;
  let said = "";

  function ask(): Promise<Program> {
    // Nobody's own signal: others wait for the same answer. It has a limit of its own.
    const program = find(new AbortController().signal);
    const mine = { program, until: Number.POSITIVE_INFINITY };
    kept = mine;
    program.then(
      (found) => {
        mine.until = now() + (found.kind === "ready" ? READY_MS : MISSING_MS);
        const state = found.kind === "ready" ? found.version : found.kind;
        if (state !== said) logger.info({ state }, "yt-dlp looked for");
        said = state;
      },
      () => {
        if (kept === mine) kept = undefined;
      },
    );
    return program;
  }

  return {
    async get(signal) {
      signal.throwIfAborted();
      const asked = kept && now() < kept.until ? kept.program : ask();
      return raceSignal(asked, signal);
    },
  };
}

/** The answer, or the signal's reason when that comes first: the question goes on for others. */
function raceSignal<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
