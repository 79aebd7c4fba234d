import type { Clock } from "../../clock.js";
import { SourceUnavailableError, type SourceProblem } from "../../errors.js";
import { timeLimit } from "../../http/time-limit.js";
import type { Source, SourceState } from "../source.js";
import type { Items } from "./items.js";

export interface ProbeOptions {
  items: Pick<Items, "find">;
  clock: Clock;
}

/** `/health` may be asked every second; the archive is not. */
const KEPT_MS = 30_000;
const PROBE_MS = 5_000;
/** One that has always been there, looked up by its name: the cheapest question there is. */
const QUESTION = "identifier:etree";

const DETAILS: Readonly<Partial<Record<SourceProblem, string>>> = {
  blocked: "it refuses us",
  rate_limited: "it wants to be asked less often",
  timeout: "it does not answer in time",
};

/** Asks the archive's search at most once in 30 s, once for all who ask meanwhile. */
export function createProbe({ items, clock }: ProbeOptions): Source["probe"] {
  let last: { at: number; state: Promise<SourceState> } | undefined;

  async function ask(): Promise<SourceState> {
    // Not with a caller's signal: others wait for the same answer.
    const limit = timeLimit("the archive", new AbortController().signal);
    limit.set(PROBE_MS);
    try {
      await items.find(QUESTION, { rows: 1 }, limit.signal);
      return { ok: true, detail: "it answers" };
    } catch (error) {
      const problem = error instanceof SourceUnavailableError ? error.problem : "down";
      return { ok: false, problem, detail: DETAILS[problem] ?? "it does not answer, or not sensibly" };
    } finally {
      limit.dispose();
    }
  }

  return async (signal) => {
    if (!last || clock.now() - last.at >= KEPT_MS) last = { at: clock.now(), state: ask() };
    const { state } = last;
    return orAborted(state, signal);
  };
}

/** The caller may stop waiting; the question goes on for the others. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
