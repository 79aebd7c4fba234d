import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonFor } from "../../src/claimer/reason-for.js";

const PAUSE_MS = 100;
/** Whoever asks wrongly is told so each time. */
const FINAL = new Set([Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition, Code.Unauthenticated, Code.Unimplemented]);

/** Repeats a call until it is answered, as long as it may be answered otherwise the next time. */
export async function askUntilAnswered<Answer>(
  call: () => Promise<Answer>,
  onRefusal: (reason: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (FINAL.has(error.code)) throw error;
      onRefusal(reasonFor(error));
      await wait(PAUSE_MS, undefined, { signal });
    }
  }
}
