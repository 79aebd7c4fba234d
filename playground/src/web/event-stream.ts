import type { ServerResponse } from "node:http";
import type { Feed } from "../model/feed.js";
import type { NumberedEvent } from "../shapes/page-api.js";

const MAX_READERS = 50;
const HEARTBEAT_MS = 15_000;
/** A reader that lags this far behind is let go; it comes back and reads the state anew. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** The feed as server-sent events. */
export interface EventStreams {
  readonly readers: number;
  /**
   * Streams events after `after` (undefined: from now on), of one chat or of all, until the reader leaves.
   * Begins with a `reset` event when events since `after` are gone: read the state again.
   */
  open(response: ServerResponse, options: { after: number | undefined; userId: number | undefined }): void;
  close: () => void;
}

export function createEventStreams(feed: Feed): EventStreams {
  const readers = new Set<ServerResponse>();
  const beat = setInterval(() => {
    for (const response of readers) response.write(": still here\n\n");
  }, HEARTBEAT_MS);
  return {
    get readers() {
      return readers.size;
    },
    open(response, { after, userId }) {
      if (readers.size >= MAX_READERS) return void response.writeHead(503).end();
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      const send = (event: NumberedEvent): void => {
        if (userId !== undefined && "user_id" in event && event.user_id !== userId) return;
        response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
        if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
      };
      const missed = after === undefined ? [] : feed.since(after);
      response.write(missed === undefined ? `event: reset\ndata: {}\n\n` : ": hello\n\n");
      for (const event of missed ?? []) send(event);
      const unsubscribe = feed.subscribe(send);
      readers.add(response);
      response.once("close", () => {
        unsubscribe();
        readers.delete(response);
      });
    },
    close() {
      clearInterval(beat);
      for (const response of readers) response.end();
    },
  };
}
