import type { Readable } from "node:stream";

/** So much of one body waits in memory at most, and what the stream itself holds. */
const MAX_WAITING_BYTES = 256 * 1024;
/** What has arrived waits so long for more: handing each piece to the disk by itself costs more than what is in it. */
const GATHER_MS = 10;

/**
 * Reads a body from now on, and hands out all that has arrived before it says that the body broke off. A stream would throw away
 * what it holds; of a download that is cut often, that may be all there was. What came while the reader was busy comes at once.
 */
export function arrivedChunks(body: Readable): AsyncIterable<Buffer[]> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake = () => undefined as void;
  body.on("data", (chunk: Buffer) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_WAITING_BYTES) body.pause();
    wake();
  });
  const end = (cause?: Error) => {
    ended = true;
    failure ??= cause;
    wake();
  };
  body.once("end", () => end());
  body.once("error", end);
  body.once("close", () => end(body.readableEnded ? undefined : new Error("the body was closed early")));

  /** Resolves when there is enough, or no more comes, or it takes too long. */
  function gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      wake = () => {
        if (bytes < MAX_WAITING_BYTES && !ended) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function* hand() {
    for (;;) {
      if (waiting.length > 0) {
        if (bytes < MAX_WAITING_BYTES && !ended) await gather();
        const chunks = waiting;
        waiting = [];
        bytes = 0;
        body.resume();
        yield chunks;
      } else if (!ended) await new Promise<void>((resolve) => (wake = resolve));
      else if (failure) throw failure;
      else return;
    }
  }
  return { [Symbol.asyncIterator]: hand };
}
