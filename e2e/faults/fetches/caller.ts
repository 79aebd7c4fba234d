import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import type { AudioFile, MusicService, Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { endUser, errorMetadata, reasonOf } from "@refrain/mesh";
import { reasonFor } from "../../src/claimer/reason-for.js";

export interface CallerOptions {
  /** One client for each replica. */
  readonly clients: readonly Pick<Client<typeof MusicService>, "download">[];
  /** The replica that is called first. */
  readonly first: number;
  readonly url: string;
  readonly userId: string;
}

/** A stream that did not come to its end. */
export interface BrokenStream {
  readonly replica: number;
  readonly reason: string;
}

/** What one caller has seen, over all the streams that it took. */
export interface Called {
  readonly messages: readonly Progress[];
  readonly broken: readonly BrokenStream[];
  /** Undefined: the caller was refused for good, or has given up. */
  readonly file: AudioFile | undefined;
}

/** Heartbeats come every 15 s at least: a stream that says nothing for so long is given up. */
const SILENCE_MS = 45_000;
/** Who hears nothing for so long, from no replica, gives up. */
const PATIENCE_MS = 60_000;
/** A download that has not ended by then is stuck, whatever it says. */
const LIMIT_MS = 300_000;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 2_000;

/** Follows a download as the bot does: when a stream breaks, the next replica is asked. */
export async function call({ clients, first, url, userId }: CallerOptions): Promise<Called> {
  const messages: Progress[] = [];
  const broken: BrokenStream[] = [];
  const limit = AbortSignal.timeout(LIMIT_MS);
  let heardAt = performance.now();
  let waitMs = FIRST_WAIT_MS;
  const hear = (progress: Progress) => {
    heardAt = performance.now();
    waitMs = FIRST_WAIT_MS;
    messages.push(progress);
  };
  for (let replica = first % clients.length; ; replica = (replica + 1) % clients.length) {
    const client = clients[replica];
    if (!client) throw new Error("there is no replica to call");
    const error = await readStream(client, { url, userId }, hear, limit);
    const file = messages.at(-1)?.file;
    if (file) return { messages, broken, file };
    broken.push({ replica, reason: reasonFor(error) });
    if (limit.aborted || !mayJoinAgain(error) || performance.now() - heardAt > PATIENCE_MS) return { messages, broken, file };
    await wait(waitMs);
    waitMs = Math.min(MAX_WAIT_MS, waitMs * 2);
  }
}

/** Reads one stream, and returns what it ended with. */
async function readStream(
  client: CallerOptions["clients"][number],
  { url, userId }: Pick<CallerOptions, "url" | "userId">,
  hear: (progress: Progress) => void,
  limit: AbortSignal,
): Promise<ConnectError> {
  const silence = new AbortController();
  const signal = AbortSignal.any([silence.signal, limit]);
  const silent = () => silence.abort(new ConnectError("no sign of life", Code.DeadlineExceeded));
  let timer = setTimeout(silent, SILENCE_MS);
  try {
    for await (const { progress } of client.download({ url, userId }, { ...endUser(userId), signal })) {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS);
      if (progress) hear(progress);
    }
    return new ConnectError("the stream ended without a file", Code.DataLoss);
  } catch (error) {
    return ConnectError.from(error);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Answers about the track or the caller: the bot does not ask again after them. */
const FINAL_REASONS = new Set(["SOURCE_UNAVAILABLE", "DOWNLOAD_CANCELLED", "INTERNAL"]);
const BROKEN = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal, Code.Aborted, Code.Canceled]);

function mayJoinAgain(error: ConnectError): boolean {
  const reason = reasonOf(error) ?? "";
  // Of a source, and not of a call: it is left alone for longer than anybody waits.
  if (reason === "CIRCUIT_OPEN") return errorMetadata(error)["source"] === undefined;
  return BROKEN.has(error.code) && !FINAL_REASONS.has(reason);
}
