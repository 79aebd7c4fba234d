import type { Clock } from "../clock.js";
import type { DownloadTask } from "./download-task.js";

/** Tasks that have ended, for an hour; the oldest go first when there are too many. */
export interface EndedTasks {
  add(task: DownloadTask): void;
  get(id: string): DownloadTask | undefined;
  /** The latest completed task of a key. */
  completed(key: string): DownloadTask | undefined;
}

const KEEP_MS = 3_600_000;
const MAX_TASKS = 1_000;

export function createEndedTasks(clock: Clock): EndedTasks {
  /** In the order of their end. */
  const tasks = new Map<string, { task: DownloadTask; at: number }>();
  const completed = new Map<string, DownloadTask>();

  function prune() {
    for (const [id, { task, at }] of tasks) {
      if (tasks.size <= MAX_TASKS && clock.now() - at < KEEP_MS) break;
      tasks.delete(id);
      if (completed.get(task.key) === task) completed.delete(task.key);
    }
  }

  return {
    add(task) {
      tasks.set(task.id, { task, at: clock.now() });
      if (task.outcome().kind === "completed") completed.set(task.key, task);
      prune();
    },
    get(id) {
      prune();
      return tasks.get(id)?.task;
    },
    completed(key) {
      prune();
      return completed.get(key);
    },
  };
}
