import type { Interceptor } from "@connectrpc/connect";
import type { ApiKeys } from "../api-keys.js";
import { authenticate } from "../interceptors/authenticate.js";
import { mapErrors, type ErrorMapping } from "../interceptors/map-errors.js";
import { rateLimit, type RateLimits } from "../interceptors/rate-limit.js";
import { recordCalls } from "../interceptors/record-calls.js";
import { refuseOverload } from "../interceptors/refuse-overload.js";
import { traceServer } from "../interceptors/trace-server.js";
import { validate } from "../interceptors/validate.js";

export interface ChainOptions extends ErrorMapping {
  keys: ApiKeys;
  rateLimits?: RateLimits | undefined;
}

/** The one order of the server's interceptors, outermost first, by name, for both doors. */
export function serverChain({ keys, rateLimits = {}, ...mapping }: ChainOptions): Readonly<Record<string, Interceptor>> {
  const limit = rateLimit(rateLimits);
  return {
    // Outermost, so that every line about the call carries its trace's ids.
    trace: traceServer(),
    // Outside of all that can refuse, so that it sees each call with the status that the caller sees.
    "metrics and log": recordCalls(mapping.logger),
    // Outside of everything that may throw.
    "error mapping": mapErrors(mapping),
    // Before it costs anything; inside of metrics and log, because somebody has to notice.
    overload: refuseOverload(),
    // Before any work is done for a stranger.
    key: authenticate(keys),
    // Before limits, so that a mistake costs no quota.
    validation: validate(),
    // Innermost: the caller is known, and the call would run.
    ...(limit && { "rate limits": limit }),
  };
}
