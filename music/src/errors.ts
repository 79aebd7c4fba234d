import { Code } from "@connectrpc/connect";
import { serviceError } from "@refrain/mesh";

/** The source does not have this track, or no longer. */
export class TrackNotFoundError extends Error {
  override name = "TrackNotFoundError";
}

/** No enabled source handles this link. */
export class UnsupportedUrlError extends Error {
  override name = "UnsupportedUrlError";
}

/** A request names a source that does not exist or is not enabled. */
export class UnknownSourceError extends Error {
  override name = "UnknownSourceError";
  /** Position in `sources` of the request. */
  readonly index: number;
  constructor(source: string, index: number) {
    super(`source ${source} is not enabled here`);
    this.index = index;
  }
}

/** Why a source cannot be used now. */
export const SOURCE_PROBLEMS = [
  /** It does not answer, answers nonsense, or stopped sending. */
  "down",
  /** The program that reaches it is not installed. */
  "not_installed",
  /** The program that reaches it is too old for the site of today. */
  "too_old",
  /** It needs a JavaScript runtime, and there is none. */
  "no_js_runtime",
  /** It takes us for a robot, or wants us to sign in. */
  "blocked",
  /** It wants us to ask less often. */
  "rate_limited",
  "timeout",
] as const;
export type SourceProblem = (typeof SOURCE_PROBLEMS)[number];

/** The source is down, refuses us, or stopped sending. */
export class SourceUnavailableError extends Error {
  override name = "SourceUnavailableError";
  readonly problem: SourceProblem;
  constructor(message: string, options: { cause?: unknown; problem?: SourceProblem } = {}) {
    super(message, { cause: options.cause });
    this.problem = options.problem ?? "down";
  }
}

/** The source failed so often that it is left alone for a while. */
export class CircuitOpenError extends Error {
  override name = "CircuitOpenError";
  readonly source: string;
  /** What it failed with last. */
  readonly problem: SourceProblem;
  /** Until it is tried again; at least 1. */
  readonly retryAfterSeconds: number;
  constructor(source: string, problem: SourceProblem, retryAfterSeconds: number) {
    super(`${source} failed too often, and is tried again in ${retryAfterSeconds} s`);
    this.source = source;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The link leads to a live stream, which has no end. */
export class LiveError extends Error {
  override name = "LiveError";
}

/** The operator was asked to take this link down. */
export class TakenDownError extends Error {
  override name = "TakenDownError";
}

/** What all replicas share cannot be reached now. */
export class QueueUnavailableError extends Error {
  override name = "QueueUnavailableError";
}

/** The track is longer than we take. */
export class TooLongError extends Error {
  override name = "TooLongError";
  readonly limitSeconds: number;
  constructor(limitSeconds: number) {
    super(`the track is longer than ${limitSeconds} seconds`);
    this.limitSeconds = limitSeconds;
  }
}

/** The file is larger than we take. */
export class TooLargeError extends Error {
  override name = "TooLargeError";
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`the file is larger than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/** The track would have to be converted, and that cannot be done here. */
export class FormatUnavailableError extends Error {
  override name = "FormatUnavailableError";
}

/** The disk is full, or the cache is full of files in use. */
export class NoSpaceError extends Error {
  override name = "NoSpaceError";
}

/** Too many downloads wait already. */
export class QueueFullError extends Error {
  override name = "QueueFullError";
}

/** This user has as many downloads running as they may have. */
export class TooManyRunningError extends Error {
  override name = "TooManyRunningError";
  readonly limit: number;
  /** When one of them may have ended. */
  readonly retryAfterMs: number;
  constructor(limit: number, retryAfterMs: number) {
    super(`no more than ${limit} downloads of one user at once`);
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The user withdrew from the download, or it ended because nobody waited for it. */
export class DownloadCancelledError extends Error {
  override name = "DownloadCancelledError";
}

/** No such download, or it ended more than an hour ago. */
export class TaskNotFoundError extends Error {
  override name = "TaskNotFoundError";
}

/** What a fetch failed with, as it travels between replicas: what a caller may know, and no more. */
export interface Failure {
  /** Status code as gRPC numbers them. */
  code: number;
  /** UPPER_SNAKE, of the contract; `INTERNAL` for what nobody expected. */
  reason: string;
  message: string;
  metadata: Record<string, string>;
  retryAfterMs?: number;
}

/** A fetch failed on another replica. */
export class FetchFailedError extends Error {
  override name = "FetchFailedError";
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The page token is not one of ours. */
export class PageTokenInvalidError extends Error {
  override name = "PageTokenInvalidError";
}

/** When a caller whom a full queue sent away may try again. */
const QUEUE_RETRY_MS = 5_000;

/** Turns what went wrong inside music into what a caller may know; leaves everything else for the log. */
export function toConnectError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const answer = (code: Code, reason: string, options: Parameters<typeof serviceError>[3] = {}) =>
    serviceError(code, reason, cause.message, { ...options, cause });
  if (cause instanceof TrackNotFoundError) return answer(Code.NotFound, "TRACK_NOT_FOUND");
  if (cause instanceof TaskNotFoundError) return answer(Code.NotFound, "TASK_NOT_FOUND");
  if (cause instanceof UnsupportedUrlError) return answer(Code.InvalidArgument, "UNSUPPORTED_URL", violation("url", cause));
  if (cause instanceof PageTokenInvalidError) {
    return answer(Code.InvalidArgument, "PAGE_TOKEN_INVALID", violation("page_token", cause));
  }
  if (cause instanceof UnknownSourceError) {
    return answer(Code.InvalidArgument, "UNKNOWN_SOURCE", violation(`sources[${cause.index}]`, cause));
  }
  if (cause instanceof TooLongError) {
    return answer(Code.FailedPrecondition, "TOO_LONG", { metadata: { limit_seconds: String(cause.limitSeconds) } });
  }
  if (cause instanceof TooLargeError) {
    return answer(Code.FailedPrecondition, "TOO_LARGE", { metadata: { limit_bytes: String(cause.limitBytes) } });
  }
  if (cause instanceof FormatUnavailableError) return answer(Code.FailedPrecondition, "FORMAT_UNAVAILABLE");
  if (cause instanceof LiveError) return answer(Code.FailedPrecondition, "LIVE");
  if (cause instanceof TakenDownError) return answer(Code.FailedPrecondition, "TAKEN_DOWN");
  if (cause instanceof SourceUnavailableError) {
    return answer(Code.Unavailable, "SOURCE_UNAVAILABLE", { metadata: { problem: cause.problem } });
  }
  if (cause instanceof CircuitOpenError) {
    const { source, problem, retryAfterSeconds } = cause;
    const metadata = { source, problem, retry_after_seconds: String(retryAfterSeconds) };
    return answer(Code.Unavailable, "CIRCUIT_OPEN", { metadata });
  }
  if (cause instanceof QueueUnavailableError) return answer(Code.Unavailable, "QUEUE_UNAVAILABLE");
  if (cause instanceof NoSpaceError) return answer(Code.ResourceExhausted, "NO_SPACE");
  if (cause instanceof QueueFullError) return answer(Code.ResourceExhausted, "QUEUE_FULL", { retryAfterMs: QUEUE_RETRY_MS });
  if (cause instanceof TooManyRunningError) {
    const { limit, retryAfterMs } = cause;
    return answer(Code.ResourceExhausted, "RATE_LIMITED", { retryAfterMs, metadata: { limit_running: String(limit) } });
  }
  if (cause instanceof FetchFailedError && cause.failure.reason !== "INTERNAL") {
    const { code, reason, metadata, retryAfterMs } = cause.failure;
    return answer(code, reason, { metadata, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  if (cause instanceof DownloadCancelledError) return answer(Code.Canceled, "DOWNLOAD_CANCELLED");
  return cause;
}

function violation(field: string, cause: Error) {
  return { violations: [{ field, description: cause.message }] };
}

/** True for the errors of a full disk or quota, whoever throws them. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
