import { Code, ConnectError, type Client } from "@connectrpc/connect";
import type { AudioFile, MusicService, Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { endUser, errorMetadata, reasonOf, retryAfterMs } from "@refrain/mesh";
import type { Clock } from "../clock.js";

/** Music sends a heartbeat every 15 s: three missed ones mean that nobody is there. */
const SILENCE_MS = 45_000;
/** Once something was heard, music is waited for about 25 s: a replica that restarts is back by then. */
const MAX_EMPTY_STREAMS = 8;
/** Streams altogether, so that one which breaks again and again comes to an end. */
const MAX_STREAMS = 30;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;
/** After the file, the stream has only its end to give. */
const END_MS = 1_000;

export interface FollowOptions {
  readonly music: Pick<Client<typeof MusicService>, "download">;
  readonly clock: Clock;
  readonly url: string;
  readonly userId: string;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Follows a download to its file. A stream that breaks is opened again, since calling Download again joins the same
 * fetch. Rejects with music's answer when it is final, and when music was never heard: the client has tried that often
 * enough by itself.
 */
export async function followDownload(options: FollowOptions, signal: AbortSignal): Promise<AudioFile> {
  let heard = false;
  let empty = 0;
  for (let streams = 1; ; streams++) {
    const stream = await readStream(options, signal);
    if (stream.file) return stream.file;
    signal.throwIfAborted();
    heard ||= stream.messages > 0;
    empty = stream.messages > 0 ? 0 : empty + 1;
    const patient = heard && empty < MAX_EMPTY_STREAMS && streams < MAX_STREAMS;
    if (!patient || !mayJoinAgain(stream.error)) throw stream.error;
    const backoffMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** empty);
    await options.clock.wait(Math.max(backoffMs, retryAfterMs(stream.error) ?? 0), signal);
  }
}

interface StreamEnd {
  readonly file?: AudioFile | undefined;
  readonly error?: unknown;
  readonly messages: number;
}

/** Reads one stream to its end. It is cancelled when nothing comes for too long, and whenever it is left. */
async function readStream({ music, clock, url, userId, onProgress }: FollowOptions, signal: AbortSignal): Promise<StreamEnd> {
  const call = new AbortController();
  const hangUp = () => call.abort(signal.reason);
  signal.addEventListener("abort", hangUp, { once: true });
  const watch = watchSilence(clock, () => call.abort(new ConnectError("no sign of life", Code.DeadlineExceeded)), call.signal);
  let messages = 0;
  try {
    const stream = music.download({ url, userId }, { ...endUser(userId), signal: call.signal })[Symbol.asyncIterator]();
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      const { progress } = next.value;
      messages += 1;
      watch.heard();
      if (progress) onProgress(progress);
      if (!progress?.file) continue;
      // A stream that is left before its end counts as broken off.
      const end = stream.next().catch(() => undefined); // the file is here, however its stream ends
      await Promise.race([end, clock.wait(END_MS, call.signal)]);
      return { file: progress.file, messages };
    }
    return { error: new ConnectError("the stream ended early", Code.Unavailable), messages };
  } catch (error) {
    return { error: call.signal.aborted ? call.signal.reason : error, messages };
  } finally {
    signal.removeEventListener("abort", hangUp);
    call.abort(new DOMException("the stream is not needed any more", "AbortError"));
  }
}

/** Calls `onSilence` once nothing was heard for 45 s, unless the signal fires before. */
function watchSilence(clock: Clock, onSilence: () => void, signal: AbortSignal): { heard(): void } {
  let last = clock.now();
  const watch = async () => {
    for (let left = SILENCE_MS; left > 0; left = last + SILENCE_MS - clock.now()) await clock.wait(left, signal);
    onSilence();
  };
  watch().catch(() => undefined); // fails by the signal alone: the stream has ended, and there is nothing to watch
  return {
    heard() {
      last = clock.now();
    },
  };
}

/** Answers about the track or the caller; to ask again would change nothing. */
const FINAL_REASONS = new Set(["SOURCE_UNAVAILABLE", "DOWNLOAD_CANCELLED", "INTERNAL"]);
const BROKEN = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal, Code.Aborted, Code.Canceled]);

function mayJoinAgain(error: unknown): boolean {
  if (!(error instanceof ConnectError) || !BROKEN.has(error.code)) return false;
  const reason = reasonOf(error) ?? "";
  // With a source it is music that leaves that source alone, for longer than anybody waits here.
  if (reason === "CIRCUIT_OPEN") return errorMetadata(error)["source"] === undefined;
  return !FINAL_REASONS.has(reason);
}
