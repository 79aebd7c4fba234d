import type { Interceptor } from "@connectrpc/connect";
import { scopeOf } from "../client/call-scope.js";

/** Sends the caller's key with every call. */
export function sendKey(key: string): Interceptor {
  const authorization = `Bearer ${key}`;
  return (next) => (request) => {
    scopeOf(request).headers.set("authorization", authorization);
    return next(request);
  };
}
