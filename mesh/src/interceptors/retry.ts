import { setTimeout as wait } from "node:timers/promises";
import type { DescMethod, DescMessage, MessageShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { type CallScope, scopeOf } from "../client/call-scope.js";
import type { RetryBudget } from "../client/retry-budget.js";
import { countsAsFailure, isAnswered } from "../errors/verdict.js";
import { reasonOf, retryAfterMs } from "../errors/service-error.js";

/** Header that tells a server how often a call was tried before; gRPC's own name (proposal A6). */
export const ATTEMPTS_HEADER = "grpc-previous-rpc-attempts";

const MAX_ATTEMPTS = 4;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;
/** A stream that may be asked for again has so long to open. Ours send their first message within 100 ms. */
const STREAM_OPEN_MS = 5_000;
/** A server that names a later moment is not waited for by a call without a deadline. */
const MAX_HINT_MS = 5_000;

export interface RetryOptions {
  /** Shared by all calls to a service. */
  budget: RetryBudget;
  /** Told before each retry. */
  onRetry?: (method: DescMethod) => void;
}

/**
 * Repeats calls that failed because of the way to the service, or because a replica was unwell, where the contract's
 * `idempotency_level` says that repeating is safe: 4 attempts at most, 50 ms · 2ⁿ apart with full jitter, under a budget.
 *
 * Each attempt but the last gets half of the time that is left, so that a replica which hangs does not cost the call. A
 * stream is repeated only until it opens; after that its reader knows what it has, and asks again.
 */
export function retry(options: RetryOptions): Interceptor {
  return (next) => {
    // One function for each kind of call: the interceptor's type joins them, the request tells them apart.
    const once = next as unknown as (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse & StreamResponse>;
    return (request) => {
      if (!isRepeatable(request.method)) return once(request);
      if (!request.stream) return attempts(request, undefined, once, options);
      return replayable(request).then((replay) => attempts(replay(), replay, once, options));
    };
  };
}

function isRepeatable({ idempotency, methodKind }: DescMethod): boolean {
  return idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN && (methodKind === "unary" || methodKind === "server_streaming");
}

/** A server stream has one request message; each attempt sends it anew. */
async function replayable(request: StreamRequest): Promise<() => StreamRequest> {
  const messages: MessageShape<DescMessage>[] = [];
  for await (const message of request.message) messages.push(message);
  return () => ({ ...request, message: createAsyncIterable(messages) });
}

/** @param replay makes the request of a stream anew */
async function attempts<Request extends UnaryRequest | StreamRequest, Response>(
  first: Request,
  replay: (() => Request) | undefined,
  once: (request: Request) => Promise<Response>,
  options: RetryOptions,
): Promise<Response> {
  let request = first;
  const scope = scopeOf(request);
  for (let attempt = 1; ; attempt++) {
    limitAttempt(scope, request.stream, attempt);
    try {
      const response = await once(request);
      options.budget.deposit();
      return response;
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (isAnswer(error)) options.budget.deposit();
      const delayMs = attempt < MAX_ATTEMPTS && isPassing(error, scope) ? delayBefore(attempt, error, scope) : undefined;
      if (delayMs === undefined || !options.budget.withdraw()) throw error;
      options.onRetry?.(request.method);
      await wait(delayMs, undefined, { signal: scope.signal });
      request.header.set(ATTEMPTS_HEADER, String(attempt));
      if (replay) request = replay();
    }
  }
}

/**
 * Each attempt but the last has half of what is left. Of a stream only the opening is limited: nobody can say how long it
 * may run after that.
 */
function limitAttempt(scope: CallScope, stream: boolean, attempt: number): void {
  const last = attempt === MAX_ATTEMPTS;
  const now = Date.now();
  const halfMs = (scope.deadline - now) / 2; // Infinity without a deadline
  if (stream) scope.openTimeoutMs = last ? Infinity : Math.min(halfMs, STREAM_OPEN_MS);
  else scope.attemptDeadline = last ? scope.deadline : now + halfMs;
}

/** Milliseconds to wait, or undefined when another attempt would come too late or be told the same. */
function delayBefore(attempt: number, error: ConnectError, scope: CallScope): number | undefined {
  const hintMs = retryAfterMs(error);
  if (error.code === Code.ResourceExhausted && hintMs === undefined) return undefined;
  const backoffMs = Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  const delayMs = Math.max(backoffMs, hintMs ?? 0);
  const leftMs = scope.deadline === Infinity ? MAX_HINT_MS : scope.deadline - Date.now();
  return delayMs < leftMs ? delayMs : undefined;
}

/** True when the service has answered, so that the call pays into the budget. What was never sent, lost or late does not. */
function isAnswer(error: ConnectError): boolean {
  return !countsAsFailure(error) && error.code !== Code.Canceled && reasonOf(error) !== "CIRCUIT_OPEN";
}

/** True when another attempt may mend it. */
function isPassing(error: ConnectError, scope: CallScope): boolean {
  if (error.code === Code.Unavailable) return !isAnswered(error);
  // The attempt's own deadline: the call's has not passed yet.
  if (error.code === Code.DeadlineExceeded) return Date.now() < scope.deadline;
  return error.code === Code.ResourceExhausted;
}
