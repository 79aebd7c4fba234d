import { Code, ConnectError, createContextKey, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import { CallHeaders } from "./call-headers.js";

/** Told once, when a stream that had opened is over. */
type StreamEnd = (error?: ConnectError) => void;

const EXPIRED = new ConnectError("the deadline has passed", Code.DeadlineExceeded);
const LEFT = new ConnectError("the reader left", Code.Canceled);

/**
 * The life of one call: the caller's abort and the deadline, together.
 *
 * Its AbortSignal and timer are built only when somebody asks for the signal: the channel has a deadline of its own and is
 * cancelled through `onCancel`, so that a plain call needs neither.
 */
export class CallScope {
  /** Unix milliseconds, or Infinity. Absolute, so that whatever repeats the call sends only what is left. */
  readonly deadline: number;
  /** What the call sends beside its message. */
  readonly headers: CallHeaders;
  /** Deadline of the attempt that is made next, in Unix milliseconds: not after `deadline`. */
  attemptDeadline: number;
  /** Time for the first message of a stream to come, in milliseconds. Default: no limit. */
  openTimeoutMs = Infinity;
  readonly #parent: AbortSignal | undefined;
  readonly #cancels = new Set<() => void>();
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cancelled: ConnectError | undefined;
  #streamEnds: StreamEnd[] | undefined;

  /** @param timeoutMs undefined: no deadline */
  constructor(parent: AbortSignal | undefined, timeoutMs: number | undefined, headers: CallHeaders = new CallHeaders()) {
    this.headers = headers;
    this.deadline = timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
    this.attemptDeadline = this.deadline;
    this.#parent = parent;
    if (parent?.aborted) this.#follow();
    else parent?.addEventListener("abort", this.#follow, { once: true });
  }

  /** Fires on the caller's abort, on the deadline, and when the call fails. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#cancelled) this.#controller.abort(this.#cancelled);
    else if (this.deadline !== Infinity) this.#timer = setTimeout(() => this.cancel(EXPIRED), this.deadline - Date.now());
    return this.#controller.signal;
  }

  /** Runs when the call is cancelled, unless the returned function was called before. */
  onCancel(cancel: () => void): () => void {
    if (this.#cancelled) throw this.#cancelled;
    this.#cancels.add(cancel);
    return () => this.#cancels.delete(cancel);
  }

  /** Ends the call for everybody in it. */
  cancel(reason: ConnectError = LEFT): void {
    if (this.#cancelled) return;
    this.#cancelled = reason;
    this.end();
    this.#controller?.abort(reason);
    for (const cancel of this.#cancels) cancel();
  }

  /** Tells how a stream that has opened ends: without an error when it is complete. Only for streams. */
  onStreamEnd(listener: StreamEnd): void {
    (this.#streamEnds ??= []).push(listener);
  }

  /** A stream that had opened is over. */
  streamEnded(error?: ConnectError): void {
    const listeners = this.#streamEnds ?? [];
    this.#streamEnds = undefined;
    for (const listener of listeners) listener(error);
  }

  /** The call has ended well: frees the timer and the listener. */
  end(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener("abort", this.#follow);
  }

  /** The call has failed. Says why: its own end, if that came first, before anything else. */
  fail(reason: unknown): ConnectError {
    this.cancel(ConnectError.from(reason));
    return this.#cancelled ?? ConnectError.from(reason);
  }

  readonly #follow = (): void => this.cancel(ConnectError.from(this.#parent?.reason, Code.Canceled));
}

/** The scope of a call, for the innermost step, which sees only requests. */
export const scopeKey = createContextKey<CallScope | undefined>(undefined, { description: "call scope" });

/**
 * The scope of a request that came through this client's transport.
 *
 * @throws ConnectError INTERNAL when an interceptor dropped the context values
 */
export function scopeOf(request: UnaryRequest | StreamRequest): CallScope {
  const scope = request.contextValues.get(scopeKey);
  if (!scope) throw new ConnectError("an interceptor dropped the context values", Code.Internal);
  return scope;
}
