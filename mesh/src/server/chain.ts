import type { Interceptor } from "@connectrpc/connect";
import type { ApiKeys } from "../api-keys.js";
import { authenticate } from "../interceptors/authenticate.js";
import { mapErrors, type ErrorMapping } from "../interceptors/map-errors.js";
import { recordCalls } from "../interceptors/record-calls.js";
import { validate } from "../interceptors/validate.js";
import { metrics } from "../metrics.js";

export interface ChainOptions extends ErrorMapping {
  keys: ApiKeys;
}

/** The one order of the server's interceptors, outermost first, for both doors. */
export function serverChain({ keys, ...mapping }: ChainOptions): Interceptor[] {
  return [
    recordCalls(mapping.logger, metrics), // first, so that it sees each call with the status that the caller sees
    mapErrors(mapping), // outside of everything that may throw
    authenticate(keys), // before any work is done for a stranger
    validate(), // before limits, so that a mistake costs no quota
    // rate limits belong here: the caller is known and the call would run
  ];
}
