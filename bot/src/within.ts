/**
 * Runs work with a signal that fires with any of `signals`, or after `timeoutMs` with a `TimeoutError`.
 *
 * Instead of `AbortSignal.any`, which on Node 20 leaves a trace of every call on signals that live as long as the process.
 */
export async function within<Result>(
  timeoutMs: number,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const follow = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  const timer = setTimeout(() => controller.abort(new DOMException("took too long", "TimeoutError")), timeoutMs);
  try {
    for (const signal of signals) {
      if (signal?.aborted) controller.abort(signal.reason);
      signal?.addEventListener("abort", follow, { once: true });
    }
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal?.removeEventListener("abort", follow);
  }
}
