import { Code, type Interceptor } from "@connectrpc/connect";
import { serviceError } from "../errors/service-error.js";
import { tooManyKey } from "../server/running-calls.js";

/** Calls end in milliseconds or by the minute: a second later some of the first kind have. */
const RETRY_AFTER_MS = 1_000;

/** Refuses a call that came when as many ran as may, so that those go on at their pace. */
export function refuseOverload(): Interceptor {
  return (next) => (request) => {
    if (!request.contextValues.get(tooManyKey)) return next(request);
    const sentence = "this server runs as many calls as it may: try again, or ask another";
    throw serviceError(Code.ResourceExhausted, "TOO_MANY_CALLS", sentence, { retryAfterMs: RETRY_AFTER_MS });
  };
}
