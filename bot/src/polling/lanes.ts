import type { Logger } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { describeError } from "../describe-error.js";

/** A handler starts work and returns; one that takes longer goes on alone, so that its chat is not held back. */
const HANDLER_MS = 2_000;
/** Handlers that go on alone. With more, something is wrong, and lanes wait. */
const MAX_OVERDUE = 100;

/** One lane per chat: in order within a chat, side by side between chats. */
export interface Lanes {
  /** Runs a handler after those of its chat. `done` is called when the next one may start. Bounded by who fills it. */
  push(chat: string, handle: () => Promise<unknown>, done: () => void): void;
}

export interface LanesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createLanes({ clock, logger }: LanesOptions): Lanes {
  const tails = new Map<string, Promise<void>>();
  let overdue = 0;

  async function take(chat: string, handle: () => Promise<unknown>): Promise<void> {
    const finished = handle().then(
      () => undefined,
      (error: unknown) => logger.warn({ error: describeError(error) }, "an update could not be handled"),
    );
    const timer = new AbortController();
    const late = clock.wait(HANDLER_MS, timer.signal).then(
      () => true,
      () => false, // the handler was faster
    );
    const isLate = await Promise.race([finished.then(() => false), late]);
    timer.abort(new DOMException("handled in time", "AbortError"));
    if (!isLate) return;
    logger.warn({ chat }, "a handler is late and goes on beside its lane");
    if (overdue >= MAX_OVERDUE) return finished;
    overdue += 1;
    void finished.finally(() => (overdue -= 1));
  }

  return {
    push(chat, handle, done) {
      const before = tails.get(chat) ?? Promise.resolve();
      const tail = before
        .then(() => take(chat, handle))
        .finally(() => {
          if (tails.get(chat) === tail) tails.delete(chat);
          done();
        });
      tails.set(chat, tail);
    },
  };
}
