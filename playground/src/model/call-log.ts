import type { CallRecord } from "../shapes/page-api.js";
import type { Feed } from "./feed.js";

const KEPT = 200;

/** A call as tests may want to look at it: with its parameters, cut to a readable length. */
export interface CallWithParams extends CallRecord {
  params: Record<string, string>;
}

/** The latest Bot API calls. Polls that brought nothing are not worth a line. */
export interface CallLog {
  add(call: Omit<CallWithParams, "seq" | "at">): void;
  /** Newest last. */
  list(): CallWithParams[];
}

export function createCallLog(feed: Feed): CallLog {
  const calls: CallWithParams[] = [];
  let seq = 0;
  return {
    add(input) {
      const call = { ...input, seq: ++seq, at: Date.now() };
      calls.push(call);
      if (calls.length > KEPT) calls.shift();
      feed.publish({ type: "call", call: withoutParams(call) });
    },
    list: () => [...calls],
  };
}

/** What the page shows of a call. */
export function withoutParams({ params: _, ...call }: CallWithParams): CallRecord {
  return call;
}
