import type { Interceptor } from "@connectrpc/connect";
import type { ApiKeys } from "../api-keys.js";
import { callerKey } from "./call-context.js";
import { headerOf } from "./headers.js";

/** Refuses calls without a known key, and remembers whose it is. */
export function authenticate(keys: ApiKeys): Interceptor {
  return (next) => (request) => {
    request.contextValues.set(callerKey, keys.verify(headerOf(request, "authorization")));
    return next(request);
  };
}
