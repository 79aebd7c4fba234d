import type { Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Clock } from "../../clock.js";

/** Between two reports of one fetch. Streams say less often what they hear. */
const GAP_MS = 250;

/** Passes progress on, not too often, and never an older one after a newer one. */
export interface Publisher {
  publish(progress: Progress): void;
  /** Sends what has not been sent, and nothing after it. */
  end(): Promise<void>;
}

/** @param send never rejects */
export function createPublisher(clock: Clock, send: (progress: Progress) => Promise<void>): Publisher {
  let waiting: Progress | undefined;
  let sentState: number | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let sending = Promise.resolve();

  function flush() {
    cancel?.();
    cancel = undefined;
    const progress = waiting;
    if (!progress) return;
    waiting = undefined;
    sentAt = clock.now();
    sentState = progress.state;
    sending = sending.then(() => send(progress));
  }

  return {
    publish(progress) {
      waiting = progress;
      const dueMs = sentAt + GAP_MS - clock.now();
      if (progress.state !== sentState || dueMs <= 0) return flush();
      cancel ??= clock.after(dueMs, flush);
    },
    async end() {
      flush();
      await sending;
    },
  };
}
