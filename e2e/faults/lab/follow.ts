import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { DownloadState, type MusicService, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";

/** Joining again, over and over, has to lead somewhere. */
const MAX_STREAMS = 50;
const JOIN_AGAIN_MS = 250;

export interface FollowOptions {
  readonly music: Pick<Client<typeof MusicService>, "download">;
  readonly url: string;
  readonly userId: string;
  /** A stream that says nothing for so long is given up. */
  readonly silenceMs: number;
}

/** Every message of a download, over all the streams that it took. */
export interface Followed {
  readonly messages: readonly Progress[];
  readonly streams: number;
  /** Longest time between two messages. */
  readonly longestSilenceMs: number;
}

/** Follows a download as its callers do: a stream that breaks or falls silent is opened again. */
export async function follow(options: FollowOptions): Promise<Followed> {
  const messages: Progress[] = [];
  let longestSilenceMs = 0;
  let heardAt = performance.now();
  const hear = (progress: Progress) => {
    const now = performance.now();
    longestSilenceMs = Math.max(longestSilenceMs, now - heardAt);
    heardAt = now;
    messages.push(progress);
  };
  for (let streams = 1; streams <= MAX_STREAMS; streams++) {
    const error = await readStream(options, hear);
    if (messages.at(-1)?.state === DownloadState.COMPLETED) return { messages, streams, longestSilenceMs };
    if (ConnectError.from(error).code === Code.NotFound) throw error;
    await wait(JOIN_AGAIN_MS);
  }
  throw new Error(`no end after ${MAX_STREAMS} streams`);
}

/** Reads one stream, and returns what it ended with. */
async function readStream(
  { music, url, userId, silenceMs }: FollowOptions,
  hear: (progress: Progress) => void,
): Promise<unknown> {
  const silence = new AbortController();
  const silent = () => silence.abort(new ConnectError("no sign of life", Code.DeadlineExceeded));
  let timer = setTimeout(silent, silenceMs);
  try {
    for await (const { progress } of music.download({ url, userId }, { signal: silence.signal })) {
      clearTimeout(timer);
      timer = setTimeout(silent, silenceMs);
      if (progress) hear(progress);
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** How often a sequence number was below the one before, within one task. */
export function falls(messages: readonly Progress[]): number {
  return messages.filter((message, index) => {
    const before = messages[index - 1];
    return before?.taskId === message.taskId && message.sequence < before.sequence;
  }).length;
}
