import { join } from "node:path";
import { stat } from "node:fs/promises";
import { create } from "@bufbuild/protobuf";
import { AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { inSpan, type Span } from "@refrain/mesh";
import type { Converter } from "../convert/converter.js";
import { FormatUnavailableError, isDiskFull, NoSpaceError, TooLargeError, TooLongError } from "../errors.js";
import { MIME_TYPES, readableName, storedName } from "../files/file-names.js";
import type { FileStore } from "../files/file-store.js";
import { hashFile } from "../hash-file.js";
import { fetchedBytes } from "../metrics.js";
import type { Container, FetchedAudio, FoundAudio, Source } from "../sources/source.js";
import { sourceOfLink } from "../sources/source-of-link.js";
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
  /** Undefined: only MP3 and M4A can be had. */
  converter: Converter | undefined;
  limits: Limits;
}

/** Containers that callers can get. */
type Playable = "mp3" | "m4a";

/** Lossless originals are that much larger than what they are converted to. */
const LOSSLESS_FACTOR = 10;

/** The work of one download: look up, check the limits, fetch, convert when needed, store. */
export async function fetchTrack(
  request: WorkRequest,
  options: FetchTrackOptions,
  report: WorkReport,
  signal: AbortSignal,
  span?: Span,
): Promise<Stored> {
  const { sources, store } = options;
  // Stored while this one waited in the queue, maybe as the answer to another request.
  const stored = await store.find(request);
  if (stored) return stored;
  const { source } = sourceOfLink(sources, request.url);
  const audio = await source.resolve(request.url, signal);
  report.track(audio.track);
  checkLimits(audio, targetOf(audio.container ?? "mp3", request.format), options);
  const reservation = await store.reserve(audio.sizeBytes);
  const scratch = await store.scratch();
  try {
    const fetched = await fetchLimited(audio, scratch.folder, options, report, signal);
    const target = targetOf(fetched.container, request.format);
    const path = await convertIfNeeded(fetched, target, audio.track, options, report, signal, span);
    reservation.release();
    const answers = answersOf(request, fetched.container, target);
    return await storeFile(path, target, audio.track, answers, options, signal);
  } catch (cause) {
    throw isDiskFull(cause) ? new NoSpaceError("the disk is full", { cause }) : cause;
  } finally {
    reservation.release();
    await scratch.remove();
  }
}

/** AUTO keeps what Telegram plays, and turns the rest into MP3. */
function targetOf(container: Container, format: AudioFormat): Playable {
  if (format === AudioFormat.MP3) return "mp3";
  if (format === AudioFormat.M4A) return "m4a";
  return container === "m4a" ? "m4a" : "mp3";
}

/** The requests that a file answers: what AUTO brings is the same file under its format's own name. */
function answersOf({ url, format }: WorkRequest, container: Container, target: Playable): WorkRequest[] {
  if (targetOf(container, AudioFormat.AUTO) !== target) return [{ url, format }];
  const named = target === "mp3" ? AudioFormat.MP3 : AudioFormat.M4A;
  return [
    { url, format: AudioFormat.AUTO },
    { url, format: named },
  ];
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
  const limit = limits.maxBytes * LOSSLESS_FACTOR;
  const counted = fetchedBytes.labels(audio.track.source);
  let before = 0;
  const progress = (downloadedBytes: number, totalBytes: number) => {
    // A source that starts again fetches again.
    counted.inc(downloadedBytes < before ? downloadedBytes : downloadedBytes - before);
    before = downloadedBytes;
    if (limit > 0 && downloadedBytes > limit) tooMuch.abort(new TooLargeError(limits.maxBytes));
    report.fetching(downloadedBytes, totalBytes);
  };
  return audio.fetch({ folder, maxBytes: limit, progress }, AbortSignal.any([signal, tooMuch.signal]));
}

async function convertIfNeeded(
  fetched: FetchedAudio,
  target: Playable,
  track: Track,
  { converter }: FetchTrackOptions,
  report: WorkReport,
  signal: AbortSignal,
  parent: Span | undefined,
): Promise<string> {
  if (fetched.container === target) return fetched.path;
  if (!converter) throw unavailable(fetched.container, target);
  const to = join(fetched.path, "..", `converted.${target}`);
  const { durationSeconds } = track;
  report.converting(0);
  const onProgress = (etaSeconds: number) => report.converting(etaSeconds);
  const { container, path: from } = fetched;
  const attributes = { "refrain.container": container, "refrain.format": target };
  await inSpan("convert", { parent, attributes }, () =>
    converter.convert({ from, to, container, target, durationSeconds, onProgress }, signal),
  );
  return to;
}

function unavailable(container: Container, target: Playable) {
  return new FormatUnavailableError(
    `the track is ${container} and would have to be converted to ${target}, but ffmpeg is not installed`,
  );
}

async function storeFile(
  path: string,
  target: Playable,
  track: Track,
  answers: readonly WorkRequest[],
  { store, limits }: FetchTrackOptions,
  signal: AbortSignal,
): Promise<Stored> {
  const { size } = await stat(path);
  if (limits.maxBytes > 0 && size > limits.maxBytes) throw new TooLargeError(limits.maxBytes);
  const sha256 = await hashFile(path, signal);
  const name = storedName(sha256, target);
  const file = create(AudioFileSchema, {
    fileName: readableName(track.uploader, track.title, target),
    fileUrl: `/files/${name}`,
    title: track.title,
    uploader: track.uploader,
    durationSeconds: track.durationSeconds,
    sizeBytes: BigInt(size),
    mimeType: MIME_TYPES[target],
    sha256,
    // Covers of other places are not ours to serve.
    thumbnailUrl: track.thumbnailUrl.startsWith("/files/") ? track.thumbnailUrl : "",
  });
  signal.throwIfAborted();
  await store.save(path, { name, file, track }, answers);
  return { file, track };
}
