import type { Interceptor, StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { scopeOf } from "../client/call-scope.js";
import type { Circuits } from "../client/circuits.js";

/**
 * Sends each attempt through the circuit breaker of its method; while that is open, the attempt fails at once with
 * CIRCUIT_OPEN. A stream counts by how it opens, and once more when it breaks later.
 */
export function circuitBreaker(circuits: Circuits): Interceptor {
  return (next) => {
    // One function for each kind of call: the interceptor's type joins them, the request tells them apart.
    const attempt = next as unknown as (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse & StreamResponse>;
    return (request) => {
      const circuit = circuits.of(request.method);
      const fired = circuit.fire(attempt, request);
      if (!request.stream) return fired;
      return fired.then((response) => {
        scopeOf(request).onStreamEnd((error) => error && circuit.streamFailed(error));
        return response;
      });
    };
  };
}
