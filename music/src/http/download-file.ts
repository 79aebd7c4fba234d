import type { FileHandle } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { SourceUnavailableError, TooLargeError } from "../errors.js";
import { arrivedChunks } from "./arrived-chunks.js";
import { typeOf, isType } from "./content-type.js";
import { BadAnswerError, statusError } from "./http-errors.js";
import { type Answer, type AskOptions, one, openAnswer } from "./open-answer.js";
import { type PartFile, partFile, type PartNote } from "./part-file.js";
import { type RetryOptions, withRetries } from "./retry.js";
import { createSpeedCheck, type SpeedLimit } from "./speed-check.js";
import { timeLimit } from "./time-limit.js";

export interface DownloadOptions {
  /** It ends as soon as more than so many bytes come, or are announced; 0 = no limit. */
  maxBytes: number;
  /** What the source said elsewhere that it has; taken where its answer says nothing. */
  sizeBytes?: number | undefined;
  /** What it may be: `audio/` for all that begin so, or `image/jpeg`. Default: everything but text, pages and data. */
  types?: readonly string[] | undefined;
  /** Told after every piece. `totalBytes` is 0 when unknown. */
  progress?: ((downloadedBytes: number, totalBytes: number) => void) | undefined;
}

export interface Downloaded {
  sizeBytes: number;
  /** In lower case, without parameters; empty when the source did not say. */
  contentType: string;
}

export interface DownloadContext extends AskOptions, RetryOptions {
  userAgent: string;
  /** Slower than this, it counts as broken off. */
  speed: SpeedLimit;
}

/** What a call keeps through its attempts. */
interface Job {
  readonly url: string;
  readonly part: PartFile;
  readonly options: DownloadOptions;
  readonly context: DownloadContext;
  /** The most bytes that were ever there. */
  reached: number;
}

type Body = AsyncIterable<Buffer[]>;

/** What was left by an attempt before. */
type Found = Awaited<ReturnType<PartFile["found"]>>;

/** Types that are no media: errors, and pages that ask to sign in or to solve a riddle, come so. */
const NO_MEDIA: readonly string[] = ["text/", "application/json", "application/xml", "application/xhtml+xml", "multipart/"];

/** Brings a file. What an earlier call, or an earlier attempt of this one, has left is gone on from, unless the file has changed. */
export async function downloadFile(
  url: string,
  path: string,
  options: DownloadOptions,
  context: DownloadContext,
  signal: AbortSignal,
): Promise<Downloaded> {
  const job: Job = { url, part: partFile(path, url), options, context, reached: 0 };
  let before = 0;
  const attempt = () => {
    before = job.reached;
    return runAttempt(job, signal);
  };
  try {
    return await withRetries(context, signal, attempt, () => job.reached > before);
  } catch (cause) {
    if (cause instanceof TooLargeError) await job.part.remove();
    throw cause;
  }
}

async function runAttempt(job: Job, signal: AbortSignal): Promise<Downloaded> {
  const found = await job.part.found();
  job.reached = Math.max(job.reached, found?.size ?? 0);
  const headers: Record<string, string> = { "user-agent": job.context.userAgent, "accept-encoding": "identity" };
  if (found) Object.assign(headers, { range: `bytes=${found.size}-`, "if-range": found.note.validator });
  const limit = timeLimit(job.context.name, signal);
  try {
    const answer = await openAnswer(job.url, headers, job.context, limit);
    try {
      return await takeAnswer(job, answer, arrivedChunks(answer.body), found);
    } finally {
      answer.close();
    }
  } finally {
    limit.dispose();
  }
}

async function takeAnswer(job: Job, answer: Answer, body: Body, found: Found): Promise<Downloaded> {
  const { part, context } = job;
  if (answer.status === 200) {
    const note = describe(job, answer.headers);
    return receive(job, body, await part.begin(note.validator === "" ? undefined : note), 0, note);
  }
  if (!found || (answer.status !== 206 && answer.status !== 416)) {
    throw statusError(context.name, answer.status, one(answer.headers["retry-after"]));
  }
  const range = readContentRange(one(answer.headers["content-range"]));
  if (answer.status === 206 && range.from === found.size && isSame(found.note, answer.headers, range.total)) {
    const note = { ...found.note, totalBytes: range.total ?? found.note.totalBytes };
    return receive(job, body, await part.goOn(), found.size, note);
  }
  if (answer.status === 416 && range.total === found.size && found.note.totalBytes === found.size) {
    return finish(job, found.size, found.note);
  }
  await part.remove();
  throw new SourceUnavailableError(`${context.name} sent another part than was asked for`);
}

/** What is known of a file before its bytes come. */
function describe({ url, options, context: { name } }: Job, headers: IncomingHttpHeaders): PartNote {
  const contentType = typeOf(headers);
  const { types } = options;
  if (types ? !isType(contentType, types) : isType(contentType, NO_MEDIA)) {
    throw new BadAnswerError(`${name} sent something else than a file`);
  }
  if (!["", "identity"].includes(one(headers["content-encoding"]) ?? "")) {
    throw new BadAnswerError(`${name} answered in an encoding that was not asked for`);
  }
  return { url, validator: validatorOf(headers), totalBytes: Number(one(headers["content-length"]) ?? 0), contentType };
}

async function receive(job: Job, body: Body, handle: FileHandle, from: number, note: PartNote): Promise<Downloaded> {
  const { maxBytes, sizeBytes = 0, progress } = job.options;
  const tooLarge = (bytes: number) => maxBytes > 0 && bytes > maxBytes;
  const total = note.totalBytes || sizeBytes;
  let size = from;
  try {
    if (tooLarge(Math.max(note.totalBytes, from))) throw new TooLargeError(maxBytes);
    const checkSpeed = createSpeedCheck(job.context.name, job.context.speed);
    progress?.(size, total);
    for await (const chunks of body) {
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (tooLarge(size + bytes)) throw new TooLargeError(maxBytes);
      await writeAll(handle, chunks, bytes);
      size += bytes;
      job.reached = Math.max(job.reached, size);
      progress?.(size, total);
      checkSpeed(bytes);
    }
  } finally {
    await handle.close();
  }
  return finish(job, size, note);
}

async function finish({ part, options, context }: Job, size: number, note: PartNote): Promise<Downloaded> {
  // Without a length of its own, an answer that was cut looks as if it were complete.
  const least = note.totalBytes || (options.sizeBytes ?? 0);
  if (size < least) throw new SourceUnavailableError(`${context.name} broke off`);
  if (note.totalBytes > 0 && size > note.totalBytes) {
    await part.remove();
    throw new SourceUnavailableError(`${context.name} sent more than it has`);
  }
  await part.complete();
  return { sizeBytes: size, contentType: note.contentType };
}

/** A disk that is almost full takes a part, and says what is wrong with the rest when that is written. */
async function writeAll(handle: FileHandle, chunks: Buffer[], bytes: number): Promise<void> {
  let { bytesWritten } = await handle.writev(chunks);
  if (bytesWritten === bytes) return;
  const all = Buffer.concat(chunks, bytes);
  while (bytesWritten < bytes) bytesWritten += (await handle.write(all, bytesWritten)).bytesWritten;
}

/** What `If-Range` takes: it compares strongly, so a weak ETag is of no use. */
function validatorOf(headers: IncomingHttpHeaders): string {
  const etag = one(headers["etag"]) ?? "";
  return etag.startsWith('"') ? etag : (one(headers["last-modified"]) ?? "");
}

/** Whether a part belongs to the bytes that are there. Old servers send it without having looked at `If-Range`. */
function isSame(note: PartNote, headers: IncomingHttpHeaders, total: number | undefined): boolean {
  const validator = validatorOf(headers);
  if (validator !== "" && validator !== note.validator) return false;
  return total === undefined || note.totalBytes === 0 || total === note.totalBytes;
}

/** `bytes 5-9/10`, or `bytes *\/10` with 416; a star for what the source does not know. */
function readContentRange(value = ""): { from?: number; total?: number } {
  const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(value) ?? [];
  return {
    ...(from === undefined ? {} : { from: Number(from) }),
    ...(total === undefined || total === "*" ? {} : { total: Number(total) }),
  };
}
