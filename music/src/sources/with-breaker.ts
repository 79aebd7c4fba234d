import type { Logger } from "@refrain/mesh";
import type { SourceProblem } from "../errors.js";
import type { FoundAudio, Source, SourceState } from "./source.js";
import { type CircuitState, SourceCircuit } from "./source-circuit.js";
import { OPERATORS } from "./watch-source.js";

export interface BreakerOptions {
  logger: Logger;
  /** Time until the first trial, in milliseconds. Default: 30,000. */
  firstTrialMs?: number | undefined;
}

/** A source that is left alone while it fails. */
export interface BrokenSource extends Source {
  readonly circuit: () => CircuitState;
  /** A look found the source well: calls are let through if it was off, or if what it failed with is what a look notices. */
  well(wasOff: boolean): void;
  close(): void;
}

/** Problems in plain words, for operators. */
const WORDS: Readonly<Record<SourceProblem, string>> = {
  down: "does not answer",
  not_installed: "its program is not installed",
  too_old: "its program is too old",
  no_js_runtime: "needs a JavaScript runtime",
  blocked: "asks to sign in, or takes us for a robot",
  rate_limited: "wants to be asked less often",
  timeout: "answers too late",
};

/** Puts one circuit breaker before everything that asks the source: a site that blocks searches blocks fetches too. */
export function withBreaker(source: Source, { logger, firstTrialMs }: BreakerOptions): BrokenSource {
  const circuit = new SourceCircuit({
    name: source.name,
    firstTrialMs,
    onState: (state, problem) => tell(state, problem),
  });

  function tell(state: CircuitState, problem: SourceProblem): void {
    const retryAfterSeconds = circuit.retryAfterSeconds;
    const fields = { source: source.name, problem, ...(state === "open" && { retryAfterSeconds }) };
    if (state === "open") logger.warn(fields, "source is left alone for a while");
    if (state === "half_open") logger.info(fields, "source is tried again");
    if (state === "closed") logger.info(fields, "source works again");
  }

  return {
    name: source.name,
    off: source.off && (() => source.off?.()),
    canonicalUrl: (url) => source.canonicalUrl(url),
    circuit: () => circuit.state,
    well(wasOff) {
      if (wasOff || OPERATORS.has(circuit.problem)) circuit.reset();
    },
    close: () => circuit.close(),
    probe: (signal) => probe(source, circuit, signal),
    search: (query, limit, signal) => circuit.run(() => source.search(query, limit, signal)),
    searchByArtist: (artist, limit, signal) => circuit.run(() => source.searchByArtist(artist, limit, signal)),
    list: (url, signal) => circuit.run(() => source.list(url, signal), url),
    resolve: async (url, signal) => watched(await circuit.run(() => source.resolve(url, signal), url), circuit),
  };
}

function watched(audio: FoundAudio, circuit: SourceCircuit): FoundAudio {
  const fetch: FoundAudio["fetch"] = (target, signal) => circuit.watch(() => audio.fetch(target, signal), audio.track.url);
  return { track: audio.track, container: audio.container, sizeBytes: audio.sizeBytes, fetch };
}

async function probe(source: Source, circuit: SourceCircuit, signal: AbortSignal): Promise<SourceState> {
  const { problem, retryAfterSeconds } = circuit;
  if (circuit.state === "closed") return source.probe(signal);
  const next = retryAfterSeconds > 0 ? `tried again in ${retryAfterSeconds} s` : "tried again now";
  return { ok: false, problem, detail: `${WORDS[problem]}; ${next}` };
}
