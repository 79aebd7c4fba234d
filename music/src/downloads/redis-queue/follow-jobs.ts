import type { Clock } from "../../clock.js";
import { QueueUnavailableError } from "../../errors.js";
import type { Task } from "../task.js";
import { readFailure, readProgress, readResult } from "./job-form.js";
import type { SharedState } from "./shared-state.js";
import { type JobListener, progressOf, type SourceQueue } from "./source-queue.js";
import type { TaskViews } from "./task-views.js";

export interface FollowJobsOptions {
  views: TaskViews;
  shared: SharedState;
  clock: Clock;
  /** The queue that a task is in. */
  queueOf: (taskId: string) => SourceQueue | undefined;
}

/** Keeps the tasks that somebody here listens to as the jobs are. */
export interface JobFollower {
  /** Hears of the jobs of one source. */
  listener(source: string): JobListener;
  /** Reads how a job stands. @returns false when there is no such job, and none that was stopped or answered */
  refresh(task: Task): Promise<boolean>;
  /** Reads the queue of a source and tells those who wait their positions. */
  positions(queue: SourceQueue): Promise<void>;
}

/** The queue moves in leaps: positions are read once for all of them. */
const POSITIONS_GAP_MS = 200;

export function createJobFollower({ views, shared, clock, queueOf }: FollowJobsOptions): JobFollower {
  const moving = new Set<string>();

  const complete = (task: Task | undefined, result: unknown) => {
    if (!task) return;
    try {
      task.complete(readResult(result));
    } catch (error) {
      task.fail(error);
    }
  };

  async function removed(taskId: string) {
    const task = views.get(taskId);
    const failure = task && (await shared.stopped(taskId));
    if (failure) task.fail(readFailure(failure));
  }

  async function positions(queue: SourceQueue) {
    const ids = await queue.waiting();
    const begun = await countBegun(queue, ids);
    ids.slice(begun).forEach((id, at) => views.get(id)?.queued(at + 1));
  }

  async function refresh(task: Task): Promise<boolean> {
    const job = await queueOf(task.id)?.job(task.id);
    if (job?.finishedOn !== undefined) {
      if (job.failedReason) task.fail(readFailure(job.failedReason));
      else complete(task, job.returnvalue);
      return true;
    }
    // Not before it was taken up: where it waits is told by its queue.
    if (job?.processedOn !== undefined) task.apply(progressOf(job));
    if (job) return true;
    const [stopped, answer] = await Promise.all([shared.stopped(task.id), shared.answered(task.id)]);
    if (stopped !== null) task.fail(readFailure(stopped));
    else if (answer !== null) complete(task, JSON.parse(answer));
    return stopped !== null || answer !== null;
  }

  return {
    listener: (source) => ({
      progress(taskId, data) {
        const task = views.get(taskId);
        const progress = task && readProgress(data);
        if (progress) task.apply(progress);
      },
      completed: (taskId, result) => complete(views.get(taskId), result),
      failed: (taskId, reason) => views.get(taskId)?.fail(readFailure(reason)),
      removed: (taskId) => void removed(taskId).catch(() => {}), // the next look tells
      moved() {
        if (moving.has(source)) return;
        moving.add(source);
        clock.after(POSITIONS_GAP_MS, () => {
          moving.delete(source);
          const waits = views.all().some((task) => task.latest().queuePosition > 0 || task.latest().sequence === 0n);
          const queue = waits && queueOf(`${source}.`);
          if (queue) positions(queue).catch(() => {}); // Redis is away: the next move tells
        });
      },
    }),
    refresh,
    positions,
  };
}

/**
 * What a replica gave back, or left behind, stands in front. It is not counted: those behind it would hear a higher position than
 * before, though nothing has come in between that was not there already.
 */
async function countBegun(queue: SourceQueue, ids: readonly string[]): Promise<number> {
  for (const [at, id] of ids.entries()) {
    const job = await queue.job(id);
    if (job && job.processedOn === undefined) return at;
  }
  return ids.length;
}

/** What followers hear whose job is not there any more, though nobody stopped it. */
export const lostJob = () => new QueueUnavailableError("what the replicas share was lost: ask again");
