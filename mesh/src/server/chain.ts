import type { Interceptor } from "@connectrpc/connect";
import type { ApiKeys } from "../api-keys.js";
import { authenticate } from "../interceptors/authenticate.js";
import { mapErrors, type ErrorMapping } from "../interceptors/map-errors.js";
import { rateLimit, type RateLimits } from "../interceptors/rate-limit.js";
import { recordCalls } from "../interceptors/record-calls.js";
import { refuseOverload } from "../interceptors/refuse-overload.js";
import { traceServer } from "../interceptors/trace-server.js";
import { validate } from "../interceptors/validate.js";
import { metrics } from "../metrics.js";

export interface ChainOptions extends ErrorMapping {
  keys: ApiKeys;
  rateLimits?: RateLimits | undefined;
}

/** The one order of the server's interceptors, outermost first, for both doors. */
export function serverChain({ keys, rateLimits = {}, ...mapping }: ChainOptions): Interceptor[] {
  return [
    traceServer(), // outermost, so that every line about the call carries its trace's ids
    recordCalls(mapping.logger, metrics), // outside of all that can refuse, so that it sees each call with the status that the caller sees
    mapErrors(mapping), // outside of everything that may throw
    refuseOverload(), // before it costs anything; inside of metrics and log, because somebody has to notice
    authenticate(keys), // before any work is done for a stranger
    validate(), // before limits, so that a mistake costs no quota
    ...rateLimit(rateLimits), // innermost: the caller is known, and the call would run
  ];
}
