import type { Interceptor } from "@connectrpc/connect";
import { sendKey } from "../interceptors/send-key.js";

/** The one order of a client's interceptors, outermost first. Below them is the channel, which picks an address. */
export function clientChain(key: string): Interceptor[] {
  return [
    // trace and call metrics: outside of retry, so that a call counts once
    sendKey(key), // once per call: every attempt carries the same headers
    // retry with a budget: outside of the breaker, so that each attempt is counted there
    // circuit breaker, one per method
    // per-attempt metrics: innermost, they see what the wire saw
  ];
}
