import { SourceUnavailableError } from "../errors.js";

/** At least so many bytes are to come in each span of time. */
export interface SpeedLimit {
  bytes: number;
  ms: number;
}

/**
 * Finds sources that drip: one byte now and then is no silence, and still never ends.
 *
 * @returns what is told of every piece, and throws when too little has come
 */
export function createSpeedCheck(source: string, { bytes, ms }: SpeedLimit): (size: number) => void {
  let since = performance.now();
  let received = 0;
  return (size) => {
    received += size;
    const now = performance.now();
    if (now - since < ms) return;
    if (received < bytes) throw new SourceUnavailableError(`${source} sends almost nothing`, { problem: "timeout" });
    since = now;
    received = 0;
  };
}
