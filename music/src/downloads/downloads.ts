import type { Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Span } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { DownloadCancelledError, QueueFullError } from "../errors.js";
import { requestKey } from "../files/file-names.js";
import { type AdmissionOptions, createAdmission } from "./admission.js";
import { isCancelled } from "./failure.js";
import type { FetchQueue, FetchRequest, OpenFetch } from "./fetch-queue.js";
import { followTask } from "./follow-task.js";
import type { Listener, Task } from "./task.js";
import type { Stored, WorkRequest } from "./work.js";

interface DownloadRequest extends WorkRequest {
  userId: string;
  caller?: Span | undefined;
}

export interface DownloadsOptions {
  queue: FetchQueue;
  /** Default: nobody is limited. */
  admission?: AdmissionOptions;
  clock: Clock;
  /** Which source handles a link, and the link's one form. @throws UnsupportedUrlError, TakenDownError */
  locate: (url: string) => { source: string; canonicalUrl: string };
  /** The file, when it is stored already. Quick: asked at every call. */
  stored: (request: WorkRequest) => Promise<Stored | undefined>;
}

/** The downloads that this process is asked for. */
export interface Downloads {
  /**
   * Joins the fetch of a track, or starts it, and yields its reports until COMPLETED. Leaving stops only this stream.
   *
   * `caller`: the call in its trace. A fetch that it starts belongs there; one that it joins is linked.
   */
  download(request: DownloadRequest, signal: AbortSignal): AsyncGenerator<Progress, void, undefined>;
  /** @throws TaskNotFoundError; what the task failed with */
  get(taskId: string): Promise<Progress>;
  /** @throws TaskNotFoundError */
  cancel(taskId: string, userId: string): Promise<void>;
  /** Those that run or wait, in the order in which they were asked for. */
  list(): Promise<OpenFetch[]>;
}

/** A listener in a task. */
interface Place {
  task: Task;
  listener: Listener;
}

/** Streams of one task here; more are turned away. */
const MAX_LISTENERS = 10_000;
/** A stream whose fetch is cancelled by others starts it anew, but not for ever. */
const MAX_TRIES = 4;

export function createDownloads({ queue, clock, locate, stored, ...options }: DownloadsOptions): Downloads {
  const admission = createAdmission(options.admission ?? { starts: undefined, maxRunning: 0 });

  /** Enters the task of a track. Free for those who are in it: whoever was cut off may come back. */
  async function join(request: FetchRequest, userId: string, caller: Span | undefined): Promise<Task> {
    const { key } = request;
    const file = await stored(request);
    // Asked last: looking for the file may take a while, in which another stream of this user came in.
    const isKnown = await queue.knows(request, userId);
    const enter = () => (file ? queue.answer(request, userId, file) : queue.enter(request, userId, caller));
    if (isKnown) return enter();
    return admission.admit({ userId, key, runs: !file }, () => queue.runningOf(userId), enter);
  }

  function listen(task: Task, userId: string): Place {
    if (task.listeners.size >= MAX_LISTENERS) throw new QueueFullError("too many wait for this download already");
    const listener: Listener = { userId, withdrawn: false, wake: () => {} };
    task.listeners.add(listener);
    if (task.listeners.size === 1) queue.attended(task);
    return { task, listener };
  }

  function leave({ task, listener }: Place) {
    if (task.listeners.delete(listener) && task.listeners.size === 0) queue.deserted(task);
  }

  /** Yields the reports of one task. @returns true when it was cancelled by others while this user came in */
  async function* follow(place: Place, signal: AbortSignal): AsyncGenerator<Progress, boolean, undefined> {
    const left = () => leave(place);
    // A stream whose reader is slow stands at `yield`, and would not notice a hang-up by itself.
    signal.addEventListener("abort", left, { once: true });
    try {
      yield* followTask(place.task, place.listener, clock, signal);
      return false;
    } catch (error) {
      const { task, listener } = place;
      const byOthers = isCancelled(error) && !listener.withdrawn && !signal.aborted;
      if (byOthers && (await queue.stays(task.id, listener.userId))) return true;
      throw error;
    } finally {
      signal.removeEventListener("abort", left);
      left();
    }
  }

  return {
    async *download({ url, format: asked, userId, caller }, signal) {
      const { source, canonicalUrl } = locate(url);
      const format = asked === AudioFormat.UNSPECIFIED ? AudioFormat.AUTO : asked;
      const request = { url: canonicalUrl, format, source, key: requestKey(canonicalUrl, format) };
      for (let tries = 1; ; tries++) {
        const task = await join(request, userId, caller);
        const wasCancelled = yield* follow(listen(task, userId), signal);
        if (!wasCancelled) return;
        if (tries === MAX_TRIES) throw new DownloadCancelledError("the download was cancelled by others, again and again");
      }
    },
    async get(taskId) {
      const task = await queue.find(taskId);
      const outcome = task.outcome();
      if (outcome.kind === "failed") throw outcome.error;
      return task.latest();
    },
    cancel: (taskId, userId) => queue.withdraw(taskId, userId),
    list: async () => (await queue.list()).toSorted((one, other) => one.order - other.order),
  };
}
