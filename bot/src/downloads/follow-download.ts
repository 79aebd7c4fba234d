import { Code, ConnectError, type Client } from "@connectrpc/connect";
import type { AudioFile, MusicService, Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { endUser, reasonOf } from "@refrain/mesh";
import type { Clock } from "../clock.js";

/** Music sends a heartbeat every 15 s: three missed ones mean that nobody is there. */
const SILENCE_MS = 45_000;
/** Streams in a row that may end without a single message. */
const MAX_EMPTY_STREAMS = 4;
/** Streams altogether, so that one which breaks again and again comes to an end. */
const MAX_STREAMS = 30;

export interface FollowOptions {
  readonly music: Pick<Client<typeof MusicService>, "download">;
  readonly clock: Clock;
  readonly url: string;
  readonly userId: string;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Follows a download to its file. A stream that breaks is opened again, since calling Download again joins the same
 * fetch. Rejects with music's answer when it is final.
 */
export async function followDownload(options: FollowOptions, signal: AbortSignal): Promise<AudioFile> {
  let empty = 0;
  for (let streams = 1; ; streams++) {
    const stream = await readStream(options, signal);
    if (stream.file) return stream.file;
    signal.throwIfAborted();
    empty = stream.messages > 0 ? 0 : empty + 1;
    if (!mayJoinAgain(stream.error) || empty >= MAX_EMPTY_STREAMS || streams >= MAX_STREAMS) throw stream.error;
    await options.clock.wait(250 * 2 ** empty, signal);
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
    for await (const { progress } of music.download({ url, userId }, { ...endUser(userId), signal: call.signal })) {
      messages += 1;
      watch.heard();
      if (progress) onProgress(progress);
      if (progress?.file) return { file: progress.file, messages };
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
  // The only way to fail is the signal: then the stream has ended and there is nothing to watch.
  watch().catch(() => undefined);
  return {
    heard() {
      last = clock.now();
    },
  };
}

/** Answers about the track or the caller; to ask again would change nothing. */
const FINAL_REASONS = new Set(["SOURCE_UNAVAILABLE", "CIRCUIT_OPEN", "DOWNLOAD_CANCELLED", "INTERNAL"]);
const BROKEN = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal, Code.Aborted, Code.Canceled]);

function mayJoinAgain(error: unknown): boolean {
  return error instanceof ConnectError && BROKEN.has(error.code) && !FINAL_REASONS.has(reasonOf(error) ?? "");
}
