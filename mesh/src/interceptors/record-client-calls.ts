import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { scopeOf } from "../client/call-scope.js";
import { clientMetrics } from "../client/client-metrics.js";
import { byMethodAndCode, codeName } from "./by-method-and-code.js";

/** Told how a call, or an attempt of one, has ended. */
type Recorder = (method: DescMethod, code: string, startedAt: number) => void;

const durations = byMethodAndCode((...labels) => clientMetrics.duration.labels(...labels));
const attempts = byMethodAndCode((...labels) => clientMetrics.attempts.labels(...labels));

/** Measures calls as their caller sees them: with all attempts and the waits between them. */
export function recordClientCalls(): Interceptor {
  return record((method, code, startedAt) => durations(method, code).observe((performance.now() - startedAt) / 1000));
}

/** Counts attempts as the wire saw them. */
export function recordAttempts(): Interceptor {
  return record((method, code) => attempts(method, code).inc());
}

function record(recorder: Recorder): Interceptor {
  return (next) => async (request) => {
    const startedAt = performance.now();
    try {
      const response = await next(request);
      if (response.stream) scopeOf(request).onStreamEnd((error) => recorder(request.method, codeName(error), startedAt));
      else recorder(request.method, "ok", startedAt);
      return response;
    } catch (error) {
      recorder(request.method, codeName(error), startedAt);
      throw error;
    }
  };
}
