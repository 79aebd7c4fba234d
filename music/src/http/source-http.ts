import { readFileSync } from "node:fs";
import { type SourceUnavailableError, TooLargeError } from "../errors.js";
import type { AddressGuard } from "../guard/address-guard.js";
import { isType, typeOf } from "./content-type.js";
import { type DownloadContext, type Downloaded, downloadFile, type DownloadOptions } from "./download-file.js";
import { createHostSlots } from "./host-slots.js";
import { BadAnswerError, statusError } from "./http-errors.js";
import { type Answer, one, openAnswer } from "./open-answer.js";
import { createPools } from "./pools.js";
import { ACCEPT_ENCODING, readBody } from "./read-body.js";
import { withRetries } from "./retry.js";
import { timeLimit } from "./time-limit.js";

/**
 * HTTP for sources: GET, through the guard, with every bound that a site may try.
 *
 * All reject with `UnsupportedUrlError` for an address that may not be asked, before or after a redirect; `TrackNotFoundError`
 * for 404 and 410; `HttpStatusError` (a `SourceUnavailableError`) for other statuses; `SourceUnavailableError` for all else
 * that goes wrong over there; with the signal's reason when it fires. What may pass is tried three times.
 */
export interface SourceHttp {
  /** Reads JSON; its form is for the caller to check. */
  json(url: string, options: JsonOptions, signal: AbortSignal): Promise<unknown>;
  /** Reads something small into memory. Rejects with `TooLargeError` beyond `maxBytes`. */
  bytes(url: string, options: BytesOptions, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Brings a file to a path, in a folder that exists and is private. What arrives is in `PATH.part` (and what belongs to it in
   * `PATH.part.json`) until it is complete; it stays there when the call fails, and the next call for the same link goes on from
   * there, unless the file has changed meanwhile.
   *
   * Besides, it rejects with `TooLargeError`, then nothing stays, and with `NoSpaceError` when the disk is full.
   */
  download(url: string, path: string, options: DownloadOptions, signal: AbortSignal): Promise<Downloaded>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

export type { Downloaded, DownloadOptions } from "./download-file.js";

export interface JsonOptions {
  /** Default: 8 MB. */
  maxBytes?: number;
}

export interface BytesOptions {
  maxBytes: number;
  /** What it may be: `image/` for all that begin so, or `image/jpeg`. */
  types: readonly string[];
}

export interface SourceHttpOptions {
  guard: AddressGuard;
  /** Of the source, for messages. */
  name: string;
  /** Names of hosts that may be asked, each with all below it, also by redirects. Default: all that are public. */
  hosts?: readonly string[] | undefined;
  /** What the source is told of us. Default: our name and version. */
  userAgent?: string;
  /** Requests at once to one host; others wait. Default: 4. */
  perHost?: number;
  /** From when a host is asked until its answer begins. Default: 10 s. */
  answerMs?: number;
  /** The whole of `json` or `bytes`, all attempts together. Default: 15 s. */
  totalMs?: number;
  /** A body that is silent for so long has broken off. Default: 20 s. */
  silenceMs?: number;
  /** A file that comes slower has broken off. Default: 30 kB in 30 s. */
  speed?: DownloadContext["speed"];
  /** The wait before the second attempt, at most. Default: 500 ms. */
  backoffMs?: number;
  /** A source that wants to be left alone for longer is not asked again. Default: 5 s. */
  maxRetryAfterMs?: number;
  /** Authority that is believed instead of the public ones, as PEM. For tests. */
  ca?: string | Buffer;
}

const JSON_BYTES = 8_000_000;
const JSON_TYPES: readonly string[] = ["application/json", "text/json", "application/javascript", "text/javascript"];

export function createSourceHttp(options: SourceHttpOptions): SourceHttp {
  const { guard, name, hosts, perHost = 4, silenceMs = 20_000, totalMs = 15_000, ca } = options;
  const pools = createPools({ guard, perHost, silenceMs, ca });
  const closing = new AbortController();
  const context: DownloadContext = {
    closing: closing.signal,
    name,
    guard,
    pools,
    hosts,
    slots: createHostSlots(perHost),
    userAgent: options.userAgent ?? ourName(),
    answerMs: options.answerMs ?? 10_000,
    speed: options.speed ?? { bytes: 30_000, ms: 30_000 },
    backoffMs: options.backoffMs ?? 500,
    maxRetryAfterMs: options.maxRetryAfterMs ?? 5_000,
  };

  /** Asks for something small, and again while that may help and time is left. */
  async function small<T>(url: string, accept: string, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T> {
    const total = timeLimit(name, signal);
    total.set(totalMs);
    try {
      return await withRetries(context, total.signal, () => askOnce(url, accept, read, context, total.signal));
    } finally {
      total.dispose();
    }
  }

  return {
    json(url, { maxBytes = JSON_BYTES }, signal) {
      const read = async (answer: Answer) => {
        const type = typeOf(answer.headers);
        if (type !== "" && !isType(type, JSON_TYPES) && !type.endsWith("+json")) throw notJson(name);
        const tooLarge = () => new BadAnswerError(`${name} answered with more than can be read`);
        return parseJson(name, await readBody(name, answer, maxBytes, tooLarge));
      };
      return small(url, "application/json", read, signal);
    },
    bytes(url, { maxBytes, types }, signal) {
      const read = (answer: Answer) => {
        if (!isType(typeOf(answer.headers), types)) throw new BadAnswerError(`${name} sent something else than was asked for`);
        return readBody(name, answer, maxBytes, () => new TooLargeError(maxBytes));
      };
      const accept = types.map((type) => (type.endsWith("/") ? `${type}*` : type)).join(", ");
      return small(url, accept, read, signal);
    },
    download: (url, path, wanted, signal) => downloadFile(url, path, wanted, context, signal),
    close() {
      closing.abort();
      return pools.close();
    },
  };
}

async function askOnce<T>(
  url: string,
  accept: string,
  read: (answer: Answer) => Promise<T>,
  context: DownloadContext,
  signal: AbortSignal,
): Promise<T> {
  const headers = { "user-agent": context.userAgent, "accept-encoding": ACCEPT_ENCODING, accept };
  const limit = timeLimit(context.name, signal);
  try {
    const answer = await openAnswer(url, headers, context, limit);
    try {
      if (answer.status !== 200) throw statusError(context.name, answer.status, one(answer.headers["retry-after"]));
      return await read(answer);
    } finally {
      answer.close();
    }
  } finally {
    limit.dispose();
  }
}

/** Nothing in it tells one installation from another. */
function ourName(): string {
  const file: { version: string } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return `Refrain/${file.version} (music for Telegram)`;
}

function parseJson(source: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    // The cause would quote what the source sent.
    throw cause instanceof SyntaxError ? notJson(source) : cause;
  }
}

function notJson(source: string): SourceUnavailableError {
  return new BadAnswerError(`${source} answered with something else than JSON`);
}
