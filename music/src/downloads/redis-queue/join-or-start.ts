import { randomBytes } from "node:crypto";
import { type Span, spanHeaders } from "@refrain/mesh";
import { QueueFullError } from "../../errors.js";
import type { FetchRequest } from "../fetch-queue.js";
import type { Task } from "../task.js";
import { type JobFollower, lostJob } from "./follow-jobs.js";
import { toJobData } from "./job-form.js";
import type { SharedState } from "./shared-state.js";
import type { SourceQueue } from "./source-queue.js";
import type { TaskViews } from "./task-views.js";

export interface JoinerOptions {
  views: TaskViews;
  shared: SharedState;
  follower: JobFollower;
  /** Fetches of one source waiting at most. */
  maxQueued: number;
}

/** Gives the open task of a track, or starts one. @throws QueueFullError */
export type JoinOrStart = (queue: SourceQueue, request: FetchRequest, caller: Span | undefined) => Promise<Task>;

export function createJoiner({ views, shared, follower, maxQueued }: JoinerOptions): JoinOrStart {
  /** By key. */
  const starting = new Map<string, Promise<Task>>();

  async function start(queue: SourceQueue, request: FetchRequest, caller: Span | undefined): Promise<Task> {
    const openId = await queue.openJob(request.key);
    const joined = openId === undefined ? undefined : await join(queue, openId);
    if (joined) return joined;
    if ((await queue.waiting()).length >= maxQueued) throw new QueueFullError("too many downloads wait already");
    const order = await shared.nextOrder();
    // Followed before it is there, so that nothing is missed.
    const task = views.open(`${request.source}.${randomBytes(16).toString("base64url")}`, order);
    const taskId = await queue.add(task.id, toJobData(request, order, spanHeaders(caller)));
    if (taskId === task.id) {
      await follower.positions(queue);
      return task;
    }
    views.close(task);
    const other = await join(queue, taskId);
    if (!other) throw lostJob();
    return other;
  }

  /** The task of a job that is there already; undefined when it is not any more. */
  async function join(queue: SourceQueue, taskId: string): Promise<Task | undefined> {
    const followed = views.get(taskId);
    if (followed && followed.listeners.size > 0 && followed.outcome().kind === "open") return followed;
    const task = views.open(taskId, 0);
    if (!(await follower.refresh(task))) return undefined;
    // This user may have heard from another replica where it waits, so that is told here too; or that it has been taken up meanwhile.
    const isUntold = () => task.outcome().kind === "open" && task.latest().sequence === 0n;
    if (isUntold()) await follower.positions(queue);
    if (isUntold()) await follower.refresh(task);
    return task;
  }

  return (queue, request, caller) => {
    // Callers who come at the same time ask Redis once: a burst of them would wait too long otherwise.
    const begun = starting.get(request.key) ?? start(queue, request, caller).finally(() => starting.delete(request.key));
    starting.set(request.key, begun);
    return begun;
  };
}
