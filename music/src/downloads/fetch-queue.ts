import type { Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Span } from "@refrain/mesh";
import type { Task } from "./task.js";
import type { Stored, WorkRequest } from "./work.js";

/** A fetch that is asked for. */
export interface FetchRequest extends WorkRequest {
  /** Of url and format: `requestKey`. */
  key: string;
  /** Name of the source that handles the url. Each has slots of its own. */
  source: string;
}

/** A fetch that runs or waits. */
export interface OpenFetch {
  order: number;
  progress: Progress;
}

/** A fetch that nobody listens to any more goes on for so long. */
export const ABANDONED_MS = 60_000;
/** What has ended is known for so long. */
export const KEPT_MS = 3_600_000;

/**
 * Fetches of tracks: one at a time of each track and format, whoever asks for it. In this process alone, or shared by all
 * replicas (ADR 21).
 *
 * What needs the shared state rejects with `QueueUnavailableError` when that cannot be reached.
 */
export interface FetchQueue {
  /** Whether this user is in the open fetch of a track, or was in the one that completed, or was given its file, within the hour. */
  knows(request: FetchRequest, userId: string): Promise<boolean>;
  /** Open fetches that a user is in. */
  runningOf(userId: string): Promise<readonly Progress[]>;
  /**
   * Enters a user into the open fetch of a track, or starts one. The task is followed while it has listeners.
   *
   * @param caller the call in its trace: a fetch that it starts belongs there, one that it joins is linked
   * @throws QueueFullError
   */
  enter(request: FetchRequest, userId: string, caller: Span | undefined): Promise<Task>;
  /** The task of a file that is stored already: it ends as it begins. */
  answer(request: FetchRequest, userId: string, stored: Stored): Promise<Task>;
  /** Tells that a task has got its first listener here. */
  attended(task: Task): void;
  /** Tells that the last listener of a task here has left. */
  deserted(task: Task): void;
  /** Whether a user is still in a task. */
  stays(taskId: string, userId: string): Promise<boolean>;
  /** Takes a user out; the fetch ends with its last one. @throws TaskNotFoundError */
  withdraw(taskId: string, userId: string): Promise<void>;
  /** @throws TaskNotFoundError */
  find(taskId: string): Promise<Task>;
  /** Those that run or wait, in any order. */
  list(): Promise<OpenFetch[]>;
  /** Fetches that run in this process, and those that wait. */
  counts(): { running: number; queued: number };
  /** Stops the fetches of this process and resolves when they have cleaned up. */
  close(): Promise<void>;
}
