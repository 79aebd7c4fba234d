import { errors } from "undici";
import {
  isDiskFull,
  NoSpaceError,
  SourceUnavailableError,
  TooLargeError,
  TrackNotFoundError,
  UnsupportedUrlError,
} from "../errors.js";

/** The source answered with a status that is no success. */
export class HttpStatusError extends SourceUnavailableError {
  override name = "HttpStatusError";
  readonly status: number;
  /** What it asks to be left alone for; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;
  constructor(source: string, status: number, retryAfterMs?: number) {
    const problem = status === 429 ? "rate_limited" : BLOCKED.includes(status) ? "blocked" : "down";
    super(`${source} answered with status ${status}`, { problem });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const BLOCKED: readonly number[] = [401, 403, 407, 451];
const GONE: readonly number[] = [404, 410];
const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** What a status that is no success means. */
export function statusError(source: string, status: number, retryAfter: string | undefined): Error {
  if (GONE.includes(status)) return new TrackNotFoundError(`${source} does not have this, or no longer`);
  return new HttpStatusError(source, status, readRetryAfter(retryAfter));
}

/** Something that the source sent and that cannot be what was asked for. Asking again would bring the same. */
export class BadAnswerError extends SourceUnavailableError {
  override name = "BadAnswerError";
}

/** Turns what a request broke with into the errors of sources. */
export function toSourceError(source: string, cause: unknown): unknown {
  if (isOurs(cause)) return cause;
  if (isDiskFull(cause)) return new NoSpaceError("the disk is full", { cause });
  if (TIMEOUTS.some((timeout) => cause instanceof timeout)) {
    return new SourceUnavailableError(`${source} does not answer in time`, { cause, problem: "timeout" });
  }
  return new SourceUnavailableError(`${source} cannot be reached, or broke off`, { cause });
}

/** Whether asking again may help. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HttpStatusError) return PASSING.includes(error.status);
  return error instanceof SourceUnavailableError && !(error instanceof BadAnswerError);
}

const TIMEOUTS = [errors.HeadersTimeoutError, errors.BodyTimeoutError, errors.ConnectTimeoutError] as const;

const OURS = [SourceUnavailableError, TooLargeError, TrackNotFoundError, UnsupportedUrlError, NoSpaceError] as const;

function isOurs(cause: unknown): boolean {
  return OURS.some((ours) => cause instanceof ours);
}

/** Seconds, or a date. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
