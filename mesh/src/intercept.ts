import type { Interceptor } from "@connectrpc/connect";

/**
 * Wraps a call in its interceptors; the first one is the outermost. Done once per method, not once per call: an interceptor's
 * `(next) =>` runs once.
 */
export function intercept<Next>(call: Next, interceptors: readonly Interceptor[]): Next {
  // An interceptor is typed for unary and streaming calls at once; here it wraps one of them.
  return interceptors.reduceRight((next, interceptor) => interceptor(next as never) as Next, call);
}
