import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { inSpan, type Span } from "@refrain/mesh";
import type { Converter } from "../convert/converter.js";
import type { Covers } from "../covers/covers.js";
import {
  CircuitOpenError,
  DownloadCancelledError,
  FormatUnavailableError,
  isDiskFull,
  NoSpaceError,
  QueueUnavailableError,
  SourceUnavailableError,
  TooLargeError,
  TooLongError,
} from "../errors.js";
import type { FileStore, Reservation } from "../files/file-store.js";
import { inspectAudio, type InspectedAudio } from "../files/inspect-audio.js";
import type { Parts, Scratch } from "../files/parts.js";
import { fetchedBytes } from "../metrics.js";
import type { Container, FetchedAudio, FoundAudio, Source } from "../sources/source.js";
import { sourceOfLink } from "../sources/source-of-link.js";
import { type Playable, storeFetched } from "./store-fetched.js";
import type { Stored, WorkReport, WorkRequest } from "./work.js";

/** What is taken at most; 0 = no limit. */
export interface Limits {
  maxSeconds: number;
  /** Of the file that callers get. */
  maxBytes: number;
}

export interface FetchTrackOptions {
  sources: readonly Source[];
  store: FileStore;
  parts: Parts;
  covers: Covers;
  /** Undefined: only MP3 and M4A can be had. */
  converter: Converter | undefined;
  limits: Limits;
}

/** One fetch while it runs. */
interface Job {
  request: WorkRequest;
  audio: FoundAudio;
  scratch: Scratch;
  reservation: Reservation;
  report: WorkReport;
  signal: AbortSignal;
  span: Span | undefined;
}

/** Lossless originals are that much larger than what they are converted to. */
const LOSSLESS_FACTOR = 10;

/** The work of one download: look up, check the limits, fetch, look into what came, convert when needed, store. */
export async function fetchTrack(
  request: WorkRequest,
  options: FetchTrackOptions,
  report: WorkReport,
  signal: AbortSignal,
  span?: Span,
): Promise<Stored> {
  const { sources, store, parts } = options;
  // Stored while this one waited in the queue, maybe as the answer to another request.
  const stored = await store.find(request);
  if (stored) return stored;
  const { source } = sourceOfLink(sources, request.url);
  const audio = await source.resolve(request.url, signal);
  report.track(audio.track);
  const { url } = audio.track;
  const same = url === request.url ? undefined : await store.find({ ...request, url });
  if (same) return same;
  checkLimits(audio, targetOf(audio.container ?? "mp3", request.format), options);
  const reservation = await store.reserve(audio.sizeBytes);
  try {
    const scratch = await parts.scratch(request);
    return await inScratch({ request, audio, scratch, reservation, report, signal, span }, options);
  } catch (cause) {
    throw isFull(cause) ? new NoSpaceError("the disk is full", { cause }) : cause;
  } finally {
    reservation.release();
  }
}

/** What is left of a fetch depends on how it ended: only what was cut can be gone on with. */
async function inScratch(job: Job, options: FetchTrackOptions): Promise<Stored> {
  const { audio, scratch, report, signal } = job;
  let resumable = true;
  try {
    const fetched = await fetchLimited(audio, scratch.folder, options, report, signal);
    // From here on it is the content that fails, which would be the same again.
    resumable = false;
    const stored = await finish(fetched, job, options);
    await scratch.remove().catch(() => {}); // it is stored: what is left goes with the next look at leftovers
    return stored;
  } catch (error) {
    if (isCut(error, resumable, signal)) {
      for (const made of MADE) await rm(join(scratch.folder, made), { force: true });
      await scratch.leave();
    } else await scratch.remove();
    throw error;
  }
}

/** What we make ourselves of what a source has brought. */
const MADE = ["converted.mp3", "converted.m4a", "cover.jpg"];

/** Stopped from outside, or for a reason that passes; not because nobody wants it any more. */
function isCut(error: unknown, fetching: boolean, signal: AbortSignal): boolean {
  if (signal.aborted) return !(signal.reason instanceof DownloadCancelledError);
  if (error instanceof QueueUnavailableError) return true;
  return fetching && (error instanceof SourceUnavailableError || error instanceof CircuitOpenError);
}

async function finish(fetched: FetchedAudio, job: Job, options: FetchTrackOptions): Promise<Stored> {
  const { request, audio, scratch, reservation, signal } = job;
  const { limits, store, covers } = options;
  const original = await inspectAudio(fetched.path, fetched.container, signal);
  checkDuration(original, limits);
  const target = targetOf(original.container, request.format);
  const finished =
    original.container === target ? { path: fetched.path, ...original } : await convert(fetched, original, target, job, options);
  if (finished.damage) throw finished.damage;
  const { path, durationSeconds } = finished;
  const answers = answersOf(request, audio.track.url, original.container, target);
  const { coverPath } = fetched;
  return storeFetched(
    { path, target, track: audio.track, durationSeconds, coverPath, answers },
    { store, covers, maxBytes: limits.maxBytes, folder: scratch.folder, reservation },
    signal,
  );
}

/** A source may not know how long a track is, or be wrong. */
function checkDuration({ durationSeconds }: InspectedAudio, { maxSeconds }: Limits) {
  if (maxSeconds > 0 && Math.round(durationSeconds) > maxSeconds) throw new TooLongError(maxSeconds);
}

/** Whoever finds out wraps it in words of its own. */
function isFull(error: unknown): boolean {
  return (
    isDiskFull(error) ||
    (error instanceof Error && error.cause !== undefined && !(error instanceof NoSpaceError) && isFull(error.cause))
  );
}

/** AUTO keeps what Telegram plays, and turns the rest into MP3. */
function targetOf(container: Container, format: AudioFormat): Playable {
  if (format === AudioFormat.MP3) return "mp3";
  if (format === AudioFormat.M4A) return "m4a";
  return container === "m4a" ? "m4a" : "mp3";
}

/**
 * The requests that a file answers: what AUTO brings is the same file under its format's own name, and a link that only the
 * source could tell to be of this track is as good as the track's own.
 */
function answersOf(request: WorkRequest, ownUrl: string, container: Container, target: Playable): WorkRequest[] {
  const named = target === "mp3" ? AudioFormat.MP3 : AudioFormat.M4A;
  const isAuto = targetOf(container, AudioFormat.AUTO) === target;
  const formats = isAuto ? [AudioFormat.AUTO, named] : [request.format];
  return [...new Set([request.url, ownUrl])].flatMap((url) => formats.map((format) => ({ url, format })));
}

function checkLimits({ track, container, sizeBytes }: FoundAudio, target: Playable, { limits, converter }: FetchTrackOptions) {
  const { maxSeconds, maxBytes } = limits;
  if (maxSeconds > 0 && track.durationSeconds > maxSeconds) throw new TooLongError(maxSeconds);
  const converted = container !== undefined && container !== target;
  if (converted && !converter) throw unavailable(container, target);
  const limit = converted ? maxBytes * LOSSLESS_FACTOR : maxBytes;
  if (limit > 0 && sizeBytes > limit) throw new TooLargeError(maxBytes);
}

/** Fetches, and stops as soon as more arrives than was announced and is allowed. */
async function fetchLimited(
  audio: FoundAudio,
  folder: string,
  { limits }: FetchTrackOptions,
  report: WorkReport,
  signal: AbortSignal,
): Promise<FetchedAudio> {
  const tooMuch = new AbortController();
  const isSmall = audio.container === "mp3" || audio.container === "m4a";
  const limit = isSmall ? limits.maxBytes : limits.maxBytes * LOSSLESS_FACTOR;
  const counted = fetchedBytes.labels(audio.track.source);
  let before = 0;
  const progress = (downloadedBytes: number, totalBytes: number) => {
    // A source that starts again fetches again.
    counted.inc(downloadedBytes < before ? downloadedBytes : downloadedBytes - before);
    before = downloadedBytes;
    if (limit > 0 && downloadedBytes > limit) tooMuch.abort(new TooLargeError(limits.maxBytes));
    report.fetching(downloadedBytes, totalBytes);
  };
  const ended = AbortSignal.any([signal, tooMuch.signal]);
  return audio.fetch({ folder, maxBytes: limit, progress }, ended).catch((cause: unknown) => {
    // Callers are told the limit of what they get, not of what it would have been made from.
    throw cause instanceof TooLargeError ? new TooLargeError(limits.maxBytes) : cause;
  });
}

async function convert(
  { path: from }: FetchedAudio,
  { container, durationSeconds: known }: InspectedAudio,
  target: Playable,
  { audio, scratch, report, signal, span: parent }: Job,
  { converter, limits }: FetchTrackOptions,
): Promise<InspectedAudio & { path: string }> {
  if (!converter) throw unavailable(container, target);
  const path = join(scratch.folder, `converted.${target}`);
  await rm(path, { force: true }); // of an attempt that was cut
  const durationSeconds = known || audio.track.durationSeconds;
  report.converting(0);
  const onProgress = (etaSeconds: number) => report.converting(etaSeconds);
  const attributes = { "refrain.container": container, "refrain.format": target };
  await inSpan("convert", { parent, attributes }, () =>
    converter.convert({ from, to: path, container, target, durationSeconds, onProgress }, signal),
  );
  const converted = await inspectAudio(path, target, signal);
  checkDuration(converted, limits);
  return { path, ...converted };
}

function unavailable(container: Container, target: Playable) {
  return new FormatUnavailableError(
    `the track is ${container} and would have to be converted to ${target}, but ffmpeg is not installed`,
  );
}
