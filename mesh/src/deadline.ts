import { Code } from "@connectrpc/connect";
import { serviceError } from "./errors/service-error.js";

/**
 * Gives work a signal that fires after `ms`, and stops waiting for it then, even if it does not listen.
 *
 * @throws ConnectError DEADLINE_EXCEEDED at the deadline; whatever the work throws before
 */
export async function deadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = serviceError(Code.DeadlineExceeded, "DEADLINE_EXCEEDED", `no answer within ${ms} ms`);
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
