import { createTask, type Task } from "../task.js";

/** Tasks that this process follows: those that somebody here listens to, or is about to. */
export interface TaskViews {
  /** The view of a task, made when there is none. */
  open(taskId: string, order: number): Task;
  get(taskId: string): Task | undefined;
  close(task: Task): void;
  all(): Task[];
  /** Closes those that nobody listened to, now and when it was called before. */
  prune(): void;
}

export function createTaskViews(): TaskViews {
  const views = new Map<string, Task>();
  let idle = new Set<Task>();
  return {
    open(id, order) {
      const task = views.get(id) ?? createTask({ id, order });
      views.set(id, task);
      return task;
    },
    get: (id) => views.get(id),
    close: (task) => void views.delete(task.id),
    all: () => [...views.values()],
    prune() {
      const nowIdle = [...views.values()].filter(({ listeners }) => listeners.size === 0);
      for (const task of nowIdle) if (idle.has(task)) views.delete(task.id);
      idle = new Set(nowIdle);
    },
  };
}
