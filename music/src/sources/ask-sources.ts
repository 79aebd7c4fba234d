import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { HandlerContext } from "@connectrpc/connect";
import { callSpan, type Logger, traceFields } from "@refrain/mesh";
import { SourceUnavailableError, UnknownSourceError } from "../errors.js";
import type { Source } from "./source.js";

/** What several sources answered together. */
export interface Answer {
  tracks: Track[];
  /** Names of those that did not answer. */
  failedSources: string[];
}

/** What the caller gets when it does not say. */
export const DEFAULT_LIMIT = 10;

/**
 * Asks sources at the same time and takes turns between what they found, so that none drowns the others.
 *
 * @throws SourceUnavailableError when none answered; the signal's reason
 */
export async function askSources(
  sources: readonly Source[],
  ask: (source: Source) => Promise<Track[]>,
  limit: number,
  logger: Logger,
  { signal, values }: Pick<HandlerContext, "signal" | "values">,
): Promise<Answer> {
  const answers = await Promise.allSettled(sources.map((source) => ask(source)));
  signal.throwIfAborted();
  const failedSources: string[] = [];
  const found: Track[][] = [];
  answers.forEach((answer, at) => {
    if (answer.status === "fulfilled") return void found.push(answer.value);
    const name = sources[at]?.name ?? "";
    failedSources.push(name);
    // A bug in one source must not hide what the others found, but it must not be hidden either.
    const level = answer.reason instanceof SourceUnavailableError ? "warn" : "error";
    logger[level]({ source: name, err: answer.reason, ...traceFields(callSpan(values)) }, "source did not answer");
  });
  if (found.length === 0) throw new SourceUnavailableError("no source answers now");
  return { tracks: interleave(found).slice(0, limit), failedSources };
}

/** The sources that a request names; all when it names none. @throws UnknownSourceError */
export function pickSources(sources: readonly Source[], names: readonly string[]): readonly Source[] {
  if (names.length === 0) return sources;
  names.forEach((name, at) => {
    if (!sources.some((source) => source.name === name)) throw new UnknownSourceError(name, at);
  });
  return sources.filter(({ name }) => names.includes(name));
}

/** First of each, second of each, …, every track once. */
function interleave(lists: readonly Track[][]): Track[] {
  const longest = Math.max(...lists.map((list) => list.length));
  const tracks = new Map<string, Track>();
  for (let at = 0; at < longest; at++) {
    for (const list of lists) {
      const track = list[at];
      if (track && !tracks.has(track.key)) tracks.set(track.key, track);
    }
  }
  return [...tracks.values()];
}
