import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, type ErrorInfo } from "@refrain/gen/google/rpc/error_details_pb";

/** `ErrorInfo.domain` of every error of this project. */
export const ERROR_DOMAIN = "refrain";

export interface ServiceErrorOptions {
  /** Facts for the caller, such as a limit. Never anything inner. */
  metadata?: Record<string, string>;
  /** When to try again, in milliseconds. */
  retryAfterMs?: number;
  /** Fields that are out of bounds. */
  violations?: readonly { field: string; description: string }[];
  /** What went wrong inside: for the log, never sent. */
  cause?: unknown;
}

/**
 * An error as callers see it: a code, a sentence, and `google.rpc.ErrorInfo`.
 *
 * @param reason UPPER_SNAKE, stable, for programs
 * @param message one plain sentence for the developer who calls
 */
export function serviceError(code: Code, reason: string, message: string, options: ServiceErrorOptions = {}): ConnectError {
  const { metadata = {}, retryAfterMs, violations, cause } = options;
  const error = new ConnectError(message, code, undefined, undefined, cause);
  error.details = [{ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN, metadata }) }];
  if (retryAfterMs !== undefined) {
    const value: MessageInitShape<typeof RetryInfoSchema> = { retryDelay: durationFromMs(retryAfterMs) };
    error.details.push({ desc: RetryInfoSchema, value });
  }
  if (violations) error.details.push({ desc: BadRequestSchema, value: { fieldViolations: [...violations] } });
  return error;
}

function infoOf(error: unknown): ErrorInfo | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  return error.findDetails(ErrorInfoSchema).find((info) => info.domain === ERROR_DOMAIN);
}

/** `ErrorInfo.reason` of an error of this project. */
export function reasonOf(error: unknown): string | undefined {
  return infoOf(error)?.reason;
}

/** `ErrorInfo.metadata` of an error of this project; empty when there is none. */
export function errorMetadata(error: unknown): Record<string, string> {
  return infoOf(error)?.metadata ?? {};
}

/** The delay that RetryInfo asks for, in milliseconds. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && durationMs(delay);
}
