import { randomUUID } from "node:crypto";
import type { Span } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { DownloadCancelledError, QueueFullError, SourceUnavailableError, TaskNotFoundError } from "../errors.js";
import { createEndedFetches } from "./ended-fetches.js";
import { ABANDONED_MS, type FetchQueue, type FetchRequest } from "./fetch-queue.js";
import { createLane, type Lane } from "./lane.js";
import type { Fetch } from "./memory-fetch.js";
import { createReporter } from "./reporter.js";
import { runFetch, startFetchSpan } from "./run-fetch.js";
import { createTask, type Task } from "./task.js";
import type { Stored, Work } from "./work.js";

export interface MemoryQueueOptions {
  /** Fetches of one source running at once. */
  slots: number;
  /** Fetches of one source waiting at most. */
  maxQueued: number;
  clock: Clock;
  work: Work;
}

/** All fetches of one process that shares them with nobody. */
export function createMemoryQueue({ slots, maxQueued, clock, work }: MemoryQueueOptions): FetchQueue {
  /** By key. */
  const open = new Map<string, Fetch>();
  /** By task id; those that run or wait, also when they are to stop. */
  const fetches = new Map<string, Fetch>();
  const lanes = new Map<string, Lane<Fetch>>();
  const ended = createEndedFetches(clock);
  const abandoned = new Map<Task, () => void>();
  let started = 0;
  let closed = false;

  function laneOf(source: string): Lane<Fetch> {
    const lane = lanes.get(source) ?? createLane<Fetch>({ slots, run, moved: ({ task }, position) => task.queued(position) });
    lanes.set(source, lane);
    return lane;
  }

  function start(request: FetchRequest, caller: Span | undefined): Fetch {
    if (closed) throw new SourceUnavailableError("music is stopping");
    const lane = laneOf(request.source);
    if (lane.isFull(maxQueued)) throw new QueueFullError("too many downloads wait already");
    const task = createTask({ id: randomUUID(), order: ++started });
    const span = startFetchSpan(caller, request);
    const fetch: Fetch = { task, request, users: new Set(), stop: new AbortController(), span };
    open.set(request.key, fetch);
    fetches.set(task.id, fetch);
    lane.add(fetch);
    return fetch;
  }

  /** Never rejects. */
  async function run({ task, request, stop, span }: Fetch) {
    const reporter = createReporter({ taskId: task.id, clock, publish: (progress) => task.apply(progress) });
    // What hangs is given up at once for those who wait; its slot is free when it has cleaned up.
    stop.signal.addEventListener("abort", () => end(task.id, () => task.fail(stop.signal.reason)), { once: true });
    try {
      const stored = await runFetch(request, { work, clock, reporter, stop, span });
      end(task.id, () => task.complete(stored));
    } catch (error) {
      end(task.id, () => task.fail(error));
    }
    fetches.delete(task.id);
  }

  /** A fetch that has ended, or is to end: the next call starts anew. */
  function end(taskId: string, settle: () => void) {
    const fetch = fetches.get(taskId);
    if (!fetch || fetch.task.outcome().kind !== "open") return;
    settle();
    if (open.get(fetch.request.key) === fetch) open.delete(fetch.request.key);
    abandoned.get(fetch.task)?.();
    abandoned.delete(fetch.task);
    ended.add(fetch);
  }

  function stop(fetch: Fetch, reason: Error) {
    if (fetch.stop.signal.aborted || fetch.task.outcome().kind !== "open") return;
    fetch.stop.abort(reason);
    if (!laneOf(fetch.request.source).remove(fetch)) return; // it runs, and ends by its signal
    end(fetch.task.id, () => fetch.task.fail(reason));
    fetches.delete(fetch.task.id);
  }

  function find(taskId: string): Fetch {
    const fetch = fetches.get(taskId) ?? ended.get(taskId);
    if (!fetch) throw new TaskNotFoundError("no such download, or it ended more than an hour ago");
    return fetch;
  }

  const isOpen = ({ task }: Fetch) => task.outcome().kind === "open";

  return {
    knows: async ({ key }, userId) => (open.get(key) ?? ended.completed(key))?.users.has(userId) === true,
    runningOf: async (userId) =>
      [...fetches.values()].filter((fetch) => isOpen(fetch) && fetch.users.has(userId)).map(({ task }) => task.latest()),
    async enter(request, userId, caller) {
      const joined = open.get(request.key);
      if (joined?.span) caller?.addLink({ context: joined.span.spanContext() });
      const fetch = joined ?? start(request, caller);
      fetch.users.add(userId);
      return fetch.task;
    },
    async answer(request, userId, stored) {
      const before = ended.completed(request.key);
      const isSame = before?.task.latest().file?.fileUrl === stored.file.fileUrl;
      const fetch = isSame && before ? before : endedFetch(request, stored, ++started);
      if (fetch !== before) ended.add(fetch);
      fetch.users.add(userId);
      return fetch.task;
    },
    attended(task) {
      abandoned.get(task)?.();
      abandoned.delete(task);
    },
    deserted(task) {
      const fetch = fetches.get(task.id);
      if (!fetch || !isOpen(fetch)) return;
      const reason = new DownloadCancelledError("nobody waited for the download any more");
      abandoned.set(
        task,
        clock.after(ABANDONED_MS, () => stop(fetch, reason)),
      );
    },
    stays: async (taskId, userId) => find(taskId).users.has(userId),
    async withdraw(taskId, userId) {
      const fetch = find(taskId);
      if (!isOpen(fetch) || !fetch.users.delete(userId)) return;
      for (const listener of fetch.task.listeners) {
        if (listener.userId !== userId) continue;
        listener.withdrawn = true;
        listener.wake();
      }
      if (fetch.users.size === 0) stop(fetch, new DownloadCancelledError("the download was cancelled"));
    },
    find: async (taskId) => find(taskId).task,
    list: async () => [...fetches.values()].filter(isOpen).map(({ task }) => ({ order: task.order, progress: task.latest() })),
    counts: () => {
      const all = [...lanes.values()];
      return { running: sum(all.map((lane) => lane.running())), queued: sum(all.map((lane) => lane.waiting())) };
    },
    async close() {
      closed = true;
      for (const fetch of fetches.values()) stop(fetch, new SourceUnavailableError("music is stopping"));
      await Promise.all([...lanes.values()].map((lane) => lane.idle()));
    },
  };
}

/** What a stored file answers with: a fetch that ends as it begins. */
function endedFetch(request: FetchRequest, stored: Stored, order: number): Fetch {
  const task = createTask({ id: randomUUID(), order });
  task.complete(stored);
  return { task, request, users: new Set(), stop: new AbortController(), span: undefined };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
