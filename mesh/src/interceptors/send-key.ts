import type { Interceptor } from "@connectrpc/connect";

/** Sends the caller's key with every call. */
export function sendKey(key: string): Interceptor {
  const authorization = `Bearer ${key}`;
  return (next) => (request) => {
    request.header.set("authorization", authorization);
    return next(request);
  };
}
