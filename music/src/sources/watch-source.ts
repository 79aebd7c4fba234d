import { performance } from "node:perf_hooks";
import type { Logger } from "@refrain/mesh";
import { CircuitOpenError, type SourceProblem } from "../errors.js";
import type { Source, SourceState } from "./source.js";

export interface WatchOptions {
  logger: Logger;
  /** From one look to the next, in milliseconds. Default: 60,000. */
  everyMs?: number | undefined;
  /** Called after each look at which the source was well; with true when it was off before. */
  onWell: (wasOff: boolean) => void;
}

/** A source that is looked at beside the calls. */
export interface WatchedSource extends Source {
  /** Resolves when the source has been looked at for the first time. */
  readonly looked: Promise<void>;
  close(): Promise<void>;
}

const EVERY_MS = 60_000;
const PROBE_MS = 30_000;
/** Problems that go away only when the operator does something, which a look notices. */
export const OPERATORS: ReadonlySet<SourceProblem> = new Set<SourceProblem>(["not_installed", "too_old", "no_js_runtime"]);

/**
 * Looks at a source now and every minute, beside the calls, and switches it off while it cannot work: until a first look succeeded, and
 * whenever the operator is needed. `probe` tells what was seen last.
 */
export function watchSource(source: Source, { logger, everyMs = EVERY_MS, onWell }: WatchOptions): WatchedSource {
  const closing = new AbortController();
  let state: SourceState = { ok: true, detail: "not looked at yet" };
  let hasWorked = false;
  let problem: SourceProblem | undefined;
  let nextLookAt = performance.now() + PROBE_MS;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(PROBE_MS)]);
    const seen = await source.probe(signal).catch((err: unknown): SourceState => {
      if (!closing.signal.aborted) logger.error({ source: source.name, err }, "source cannot be looked at");
      return { ok: false, detail: "cannot be looked at" };
    });
    if (closing.signal.aborted) return;
    note(seen);
    nextLookAt = performance.now() + everyMs;
    timer = setTimeout(() => void (looking = look()), everyMs).unref();
  }

  function note(seen: SourceState): void {
    const before = problem;
    state = seen;
    hasWorked ||= seen.ok;
    const why = seen.ok ? undefined : (seen.problem ?? "down");
    problem = why && (!hasWorked || OPERATORS.has(why)) ? why : undefined;
    const fields = { source: source.name, detail: seen.detail };
    if (problem !== undefined && problem !== before) logger.warn({ ...fields, problem }, "source is off");
    if (problem === undefined && before !== undefined) logger.info(fields, "source is on");
    if (seen.ok) onWell(before !== undefined);
  }

  function check(): void {
    if (problem === undefined) return;
    throw new CircuitOpenError(source.name, problem, Math.max(1, Math.ceil((nextLookAt - performance.now()) / 1000)));
  }

  let looking = look();
  return {
    name: source.name,
    looked: looking,
    off: () => problem,
    probe: async () => state,
    canonicalUrl: (url) => source.canonicalUrl(url),
    async search(query, limit, signal) {
      check();
      return source.search(query, limit, signal);
    },
    async searchByArtist(artist, limit, signal) {
      check();
      return source.searchByArtist(artist, limit, signal);
    },
    async list(url, signal) {
      check();
      return source.list(url, signal);
    },
    async resolve(url, signal) {
      check();
      return source.resolve(url, signal);
    },
    async close() {
      closing.abort(new Error("music is stopping"));
      clearTimeout(timer);
      await looking;
    },
  };
}
