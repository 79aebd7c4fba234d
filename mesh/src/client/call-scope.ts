import { Code, ConnectError } from "@connectrpc/connect";

/** The life of one call: one signal for the caller's abort and the deadline. */
export interface CallScope {
  readonly signal: AbortSignal;
  /** The call has ended well: frees the timer and the listener. */
  end(): void;
  /** The call has failed: frees them too, and says why, the caller's abort or the deadline before anything else. */
  fail(reason: unknown): ConnectError;
}

/**
 * Opens a scope. It does not abort its signal after success, as Connect's own does: that builds a DOMException per call.
 *
 * @param timeoutMs undefined: no deadline
 */
export function openScope(parent: AbortSignal | undefined, timeoutMs: number | undefined): CallScope {
  const controller = new AbortController();
  const { signal } = controller;
  const expire = () => controller.abort(new ConnectError("the deadline has passed", Code.DeadlineExceeded));
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
  const follow = () => controller.abort(ConnectError.from(parent?.reason, Code.Canceled));
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  const end = () => {
    clearTimeout(timer);
    parent?.removeEventListener("abort", follow);
  };
  const fail = (reason: unknown) => {
    end();
    if (signal.aborted) return ConnectError.from(signal.reason, Code.Canceled);
    const error = ConnectError.from(reason);
    controller.abort(error);
    return error;
  };
  return { signal, end, fail };
}
