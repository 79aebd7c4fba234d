import type { HandlerContext } from "@connectrpc/connect";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SourceFailureSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { callSpan, type Logger, traceFields } from "@refrain/mesh";
import { CircuitOpenError, SOURCE_PROBLEMS, SourceUnavailableError, UnknownSourceError } from "../errors.js";
import { mergeTracks } from "./merge-tracks.js";
import type { Source } from "./source.js";
import { withinCall } from "./within-call.js";

/** What several sources answered together. */
export interface Answer {
  tracks: Track[];
  /** Names of those that did not answer. */
  failedSources: string[];
  /** Why, in the same order. */
  failures: SourceFailureInit[];
}

type SourceFailureInit = MessageInitShape<typeof SourceFailureSchema> & { source: string; problem: string };

export interface Question {
  ask: (source: Source, signal: AbortSignal) => Promise<Track[]>;
  limit: number;
  /** Tracks that match it exactly go up; undefined: the sources' order counts alone. */
  query?: string | undefined;
}

/** What the caller gets when it does not say. */
export const DEFAULT_LIMIT = 10;

/**
 * Asks sources at the same time and merges what they found. One that has not answered a second before the caller's deadline is left
 * out, and its work ended.
 *
 * @throws SourceUnavailableError when none answered; the signal's reason
 */
export async function askSources(
  sources: readonly Source[],
  { ask, limit, query }: Question,
  logger: Logger,
  context: Pick<HandlerContext, "signal" | "values" | "timeoutMs">,
): Promise<Answer> {
  const answers = await withinCall(context, (signal) =>
    Promise.allSettled(sources.map((source) => orAborted(async () => ask(source, signal), signal))),
  );
  context.signal.throwIfAborted();
  const failures: SourceFailureInit[] = [];
  const found: Track[][] = [];
  answers.forEach((answer, at) => {
    if (answer.status === "fulfilled") return void found.push(answer.value);
    const source = sources[at]?.name ?? "";
    failures.push(failureOf(source, answer.reason));
    logFailure(source, answer.reason, logger, context);
  });
  if (found.length === 0) throw noneAnswered(failures);
  return { tracks: mergeTracks(found, query).slice(0, limit), failedSources: failures.map(({ source }) => source), failures };
}

/** The sources that a request names; when it names none, all that are not off. @throws UnknownSourceError */
export function pickSources(sources: readonly Source[], names: readonly string[]): readonly Source[] {
  if (names.length === 0) return sources.filter((source) => source.off?.() === undefined);
  names.forEach((name, at) => {
    if (!sources.some((source) => source.name === name)) throw new UnknownSourceError(name, at);
  });
  return sources.filter(({ name }) => names.includes(name));
}

/** Does not wait for a source that does not listen to its signal. */
function orAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function failureOf(source: string, reason: unknown): SourceFailureInit {
  if (reason instanceof CircuitOpenError) {
    return { source, problem: reason.problem, retryAfterSeconds: reason.retryAfterSeconds };
  }
  return { source, problem: reason instanceof SourceUnavailableError ? reason.problem : "down" };
}

function logFailure(source: string, err: unknown, logger: Logger, { values }: Pick<HandlerContext, "values">): void {
  if (err instanceof CircuitOpenError) return; // said when it opened
  // A bug in one source must not hide what the others found, but it must not be hidden either.
  const level = err instanceof SourceUnavailableError ? "warn" : "error";
  logger[level]({ source, err, ...traceFields(callSpan(values)) }, "source did not answer");
}

function noneAnswered([first]: readonly SourceFailureInit[]): SourceUnavailableError {
  const problem = SOURCE_PROBLEMS.find((known) => known === first?.problem) ?? "down";
  return new SourceUnavailableError("no source answers now", { problem });
}
