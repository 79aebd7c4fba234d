import type { Clock } from "../clock.js";
import { KEPT_MS } from "./fetch-queue.js";
import type { Fetch } from "./memory-fetch.js";

/** Fetches that have ended, for an hour; the oldest go first when there are too many. */
export interface EndedFetches {
  add(fetch: Fetch): void;
  get(taskId: string): Fetch | undefined;
  /** The latest completed fetch of a key. */
  completed(key: string): Fetch | undefined;
}

const MAX_FETCHES = 1_000;

export function createEndedFetches(clock: Clock): EndedFetches {
  /** In the order of their end. */
  const fetches = new Map<string, { fetch: Fetch; at: number }>();
  const completed = new Map<string, Fetch>();

  function prune() {
    for (const [id, { fetch, at }] of fetches) {
      if (fetches.size <= MAX_FETCHES && clock.now() - at < KEPT_MS) break;
      fetches.delete(id);
      if (completed.get(fetch.request.key) === fetch) completed.delete(fetch.request.key);
    }
  }

  return {
    add(fetch) {
      fetches.set(fetch.task.id, { fetch, at: clock.now() });
      if (fetch.task.outcome().kind === "completed") completed.set(fetch.request.key, fetch);
      prune();
    },
    get(taskId) {
      prune();
      return fetches.get(taskId)?.fetch;
    },
    completed(key) {
      prune();
      return completed.get(key);
    },
  };
}
