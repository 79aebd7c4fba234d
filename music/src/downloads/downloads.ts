import { randomUUID } from "node:crypto";
import type { AudioFile, Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { type Span, startSpan } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { DownloadCancelledError, QueueFullError, SourceUnavailableError, TaskNotFoundError } from "../errors.js";
import { createAdmission, type AdmissionOptions } from "./admission.js";
import { createDownloadTask, type DownloadTask, type Listener, type WorkReport } from "./download-task.js";
import { createEndedTasks } from "./ended-tasks.js";
import { followTask } from "./follow-task.js";
import { recordFetch } from "../metrics.js";
import { watchTask } from "./watch-task.js";

/** What is to be fetched. */
export interface WorkRequest {
  url: string;
  /** Never UNSPECIFIED. */
  format: AudioFormat;
}

type DownloadRequest = WorkRequest & { userId: string; caller?: Span | undefined };

/** A track and its stored file. */
export interface Stored {
  file: AudioFile;
  track: Track;
}

export interface DownloadsOptions {
  /** Fetches running at once. */
  slots: number;
  /** Fetches waiting at most. */
  maxQueued: number;
  /** Default: nobody is limited. */
  admission?: AdmissionOptions;
  clock: Clock;
  /** The file, when it is stored already; rejects for what can never be fetched. Quick: asked at every call. */
  stored: (request: WorkRequest) => Promise<Stored | undefined>;
  /** Fetches and stores; stops when the signal fires. `span`: of the fetch, for what it does within. */
  work: (request: WorkRequest, report: WorkReport, signal: AbortSignal, span: Span | undefined) => Promise<Stored>;
}

/** All downloads of this process. */
export interface Downloads {
  /**
   * Joins the fetch of a track, or starts it, and yields its reports until COMPLETED. Leaving stops only this stream.
   *
   * `caller`: the call in its trace. A fetch that it starts belongs there; one that it joins is linked.
   */
  download(request: DownloadRequest, signal: AbortSignal): AsyncGenerator<Progress, void, undefined>;
  /** @throws TaskNotFoundError; what the task failed with */
  get(taskId: string): Progress;
  /** @throws TaskNotFoundError */
  cancel(taskId: string, userId: string): void;
  /** Running ones, then queued ones in their order, which is that of `order`. */
  list(): DownloadTask[];
  counts(): { running: number; queued: number };
  /** Stops all fetches and resolves when they have cleaned up. */
  close(): Promise<void>;
}

/** A listener in a task. */
interface Place {
  task: DownloadTask;
  listener: Listener;
}

/** A fetch that nobody listens to any more goes on for so long. */
const ABANDONED_MS = 60_000;
/** Users and streams of one task; more are turned away. */
const MAX_LISTENERS = 10_000;

export function createDownloads(options: DownloadsOptions): Downloads {
  const { clock } = options;
  const admission = createAdmission(options.admission ?? { starts: undefined, maxRunning: 0 });
  const open = new Map<string, DownloadTask>();
  const queue: DownloadTask[] = [];
  const running = new Map<DownloadTask, Promise<void>>();
  const ended = createEndedTasks(clock);
  const abandoned = new Map<DownloadTask, () => void>();
  let closed = false;
  let started = 0;

  function start(request: WorkRequest, key: string, caller: Span | undefined): DownloadTask {
    if (closed) throw new SourceUnavailableError("music is stopping");
    if (running.size >= options.slots && queue.length >= options.maxQueued)
      throw new QueueFullError("too many downloads wait already");
    const span = caller && startSpan("fetch", { parent: caller, attributes: { "refrain.format": AudioFormat[request.format] } });
    const task = createDownloadTask({ id: randomUUID(), order: ++started, key, ...request, clock, span });
    open.set(key, task);
    queue.push(task);
    advance();
    return task;
  }

  function advance() {
    while (running.size < options.slots) {
      const task = queue.shift();
      if (!task) break;
      running.set(task, run(task));
    }
    queue.forEach((task, at) => task.queued(at + 1));
  }

  /** Never rejects. */
  async function run(task: DownloadTask) {
    const startedAt = clock.now();
    task.resolving();
    const watchdog = watchTask(task, clock, (message) => stop(task, new SourceUnavailableError(message)));
    try {
      const { file, track } = await options.work(task, watchdog.report, task.stop.signal, task.span);
      task.complete(file, track);
    } catch (error) {
      // Whatever the work says when it was stopped, the reason for that is what callers are to hear.
      task.fail(task.stop.signal.aborted ? task.stop.signal.reason : error);
    } finally {
      watchdog.end();
      recordFetch(task, clock.now() - startedAt);
      running.delete(task);
      retire(task);
      advance();
    }
  }

  /** A task that has ended or is to end: the next call starts anew. */
  function retire(task: DownloadTask) {
    if (open.get(task.key) === task) open.delete(task.key);
    abandoned.get(task)?.();
    abandoned.delete(task);
    if (task.outcome().kind !== "open" && !ended.get(task.id)) ended.add(task);
  }

  function stop(task: DownloadTask, reason: Error) {
    if (task.stop.signal.aborted || task.outcome().kind !== "open") return;
    task.stop.abort(reason);
    task.fail(reason);
    retire(task);
    const at = queue.indexOf(task);
    if (at < 0) return; // running: its slot is free when it has cleaned up
    queue.splice(at, 1);
    advance();
  }

  function enter(task: DownloadTask, userId: string): Place {
    const full = task.listeners.size >= MAX_LISTENERS || (task.users.size >= MAX_LISTENERS && !task.users.has(userId));
    if (full) throw new QueueFullError("too many wait for this download already");
    const listener: Listener = { userId, withdrawn: false, wake: () => {} };
    task.users.add(userId);
    task.listeners.add(listener);
    abandoned.get(task)?.();
    abandoned.delete(task);
    return { task, listener };
  }

  function leave(task: DownloadTask, listener: Listener) {
    if (!task.listeners.delete(listener)) return;
    if (task.listeners.size > 0 || task.outcome().kind !== "open") return;
    const reason = new DownloadCancelledError("nobody waited for the download any more");
    abandoned.set(
      task,
      clock.after(ABANDONED_MS, () => stop(task, reason)),
    );
  }

  /** Joins the task of a track, or starts it. Free for those who are in it: whoever was cut off may come back. */
  async function join({ userId, caller, ...request }: DownloadRequest): Promise<Place> {
    const key = `${request.format} ${request.url}`;
    const joinOrStart = (): Place => {
      const joined = open.get(key);
      return enter(joined ? link(caller, joined) : start(request, key, caller), userId);
    };
    const stored = open.has(key) ? undefined : await options.stored(request);
    if (open.get(key)?.users.has(userId)) return joinOrStart();
    if (!stored) return admission.admit({ userId, key, runs: true }, list, joinOrStart);
    const joinCompleted = () => enter(completed(request, key, stored), userId);
    if (ended.completed(key)?.users.has(userId)) return joinCompleted();
    return admission.admit({ userId, key, runs: false }, list, joinCompleted);
  }

  /** The task of a stored file: the one that stored it, or one that ends as it begins. */
  function completed(request: WorkRequest, key: string, { file, track }: Stored): DownloadTask {
    const before = ended.completed(key);
    if (before?.latest().file?.fileUrl === file.fileUrl) return before;
    const task = createDownloadTask({ id: randomUUID(), order: ++started, key, ...request, clock });
    task.complete(file, track);
    ended.add(task);
    return task;
  }

  const list = () => [...running.keys(), ...queue].filter((task) => task.outcome().kind === "open");

  function find(taskId: string): DownloadTask {
    const task = [...running.keys(), ...queue].find(({ id }) => id === taskId) ?? ended.get(taskId);
    if (!task) throw new TaskNotFoundError("no such download, or it ended more than an hour ago");
    return task;
  }

  return {
    async *download({ url, format, userId, caller }, signal) {
      const wanted = format === AudioFormat.UNSPECIFIED ? AudioFormat.AUTO : format;
      const { task, listener } = await join({ url, format: wanted, userId, caller });
      const left = () => leave(task, listener);
      // A stream whose reader is slow stands at `yield`, and would not notice a hang-up by itself.
      signal.addEventListener("abort", left, { once: true });
      try {
        yield* followTask(task, listener, clock, signal);
      } finally {
        signal.removeEventListener("abort", left);
        left();
      }
    },
    get(taskId) {
      const task = find(taskId);
      const outcome = task.outcome();
      if (outcome.kind === "failed") throw outcome.error;
      return task.latest();
    },
    cancel(taskId, userId) {
      const task = find(taskId);
      if (task.outcome().kind !== "open" || !task.users.delete(userId)) return;
      for (const listener of task.listeners) {
        if (listener.userId !== userId) continue;
        listener.withdrawn = true;
        listener.wake();
      }
      if (task.users.size === 0) stop(task, new DownloadCancelledError("the download was cancelled"));
    },
    list,
    counts: () => ({ running: running.size, queued: queue.length }),
    async close() {
      closed = true;
      for (const task of [...queue, ...running.keys()]) stop(task, new SourceUnavailableError("music is stopping"));
      await Promise.all(running.values());
    },
  };
}

/** Notes in a caller's span which fetch it waits for. */
function link(caller: Span | undefined, task: DownloadTask): DownloadTask {
  if (task.span) caller?.addLink({ context: task.span.spanContext() });
  return task;
}
