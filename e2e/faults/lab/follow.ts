import type { Client } from "@connectrpc/connect";
import { DownloadState, type MusicService, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { Code, ConnectError } from "@connectrpc/connect";

/** Joining again, over and over, has to lead somewhere. */
const MAX_STREAMS = 50;

export interface FollowOptions {
  readonly music: Pick<Client<typeof MusicService>, "download">;
  readonly url: string;
  /** A stream that says nothing for so long is given up. */
  readonly silenceMs: number;
}

/** Every message of a download, over all the streams that it took. */
export interface Followed {
  readonly messages: readonly Progress[];
  readonly streams: number;
}

/** Follows a download as its callers do: a stream that breaks or falls silent is opened again. */
export async function follow(options: FollowOptions): Promise<Followed> {
  const messages: Progress[] = [];
  for (let streams = 1; streams <= MAX_STREAMS; streams++) {
    const error = await readStream(options, messages);
    if (messages.at(-1)?.state === DownloadState.COMPLETED) return { messages, streams };
    if (ConnectError.from(error).code === Code.NotFound) throw error;
  }
  throw new Error(`no end after ${MAX_STREAMS} streams`);
}

/** Reads one stream, and returns what it ended with. */
async function readStream({ music, url, silenceMs }: FollowOptions, messages: Progress[]): Promise<unknown> {
  const silence = new AbortController();
  const silent = () => silence.abort(new ConnectError("no sign of life", Code.DeadlineExceeded));
  let timer = setTimeout(silent, silenceMs);
  try {
    for await (const { progress } of music.download({ url, userId: "faults" }, { signal: silence.signal })) {
      clearTimeout(timer);
      timer = setTimeout(silent, silenceMs);
      if (progress) messages.push(progress);
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
