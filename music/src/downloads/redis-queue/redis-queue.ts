import { deadline, type Logger, type Redis } from "@refrain/mesh";
import type { Clock } from "../../clock.js";
import { DownloadCancelledError, QueueFullError, QueueUnavailableError, TaskNotFoundError } from "../../errors.js";
import { ABANDONED_MS, type FetchQueue } from "../fetch-queue.js";
import { createTask, type Task } from "../task.js";
import type { Work } from "../work.js";
import { openConnections } from "./connections.js";
import { openControlChannel } from "./control-channel.js";
import { createFetchWorker } from "./fetch-worker.js";
import { createJobFollower, lostJob } from "./follow-jobs.js";
import { createJoiner } from "./join-or-start.js";
import { readFailure, toResult, writeFailure } from "./job-form.js";
import { createSharedState } from "./shared-state.js";
import { openSourceQueue, progressOf, type SourceQueue } from "./source-queue.js";
import { createTaskViews } from "./task-views.js";

export interface RedisQueueOptions {
  redis: Redis;
  /** Names of the sources whose fetches this replica does. */
  sources: readonly string[];
  /** Fetches of one source running at once in this process; 0 = others do them. */
  slots: number;
  /** Fetches of one source waiting at most, in all replicas together. */
  maxQueued: number;
  clock: Clock;
  work: Work;
  logger: Logger;
  /** A fetch that nobody listens to any more goes on for so long. Default: a minute. */
  abandonedMs?: number | undefined;
}

/** A call waits so long for what the replicas share. */
const ANSWER_MS = 2_000;
/** A stop waits so long for Redis. */
const CLOSE_MS = 5_000;
/** Tasks that are listened to are looked at so often, should an event have been lost. */
const LOOK_MS = 5_000;

/**
 * Fetches shared by all replicas on one Redis: a job of BullMQ each, in one queue for each source.
 *
 * Each replica follows the tasks that somebody there listens to, by the events of the jobs. Who is in a task, and whether it is
 * listened to anywhere, is kept beside the jobs.
 */
export async function openRedisQueue(options: RedisQueueOptions): Promise<FetchQueue> {
  const { redis, sources, slots, maxQueued, clock, work, logger, abandonedMs = ABANDONED_MS } = options;
  const connections = await openConnections(redis);
  const shared = createSharedState(connections.client, abandonedMs);
  const views = createTaskViews();
  const queues = new Map<string, SourceQueue>();
  const follower = createJobFollower({ views, shared, clock, queueOf });
  const joinOrStart = createJoiner({ views, shared, follower, maxQueued });
  const patient = connections.patient();
  const workers = (slots > 0 ? sources : []).map((source) =>
    createFetchWorker({ source, slots, connection: patient, shared, work, clock, logger }),
  );
  const control = openControlChannel(connections.client, connections.patientClient(), (message) => {
    if (message.kind === "withdrawn") return withdrawHere(message.taskId, message.userId);
    const failure = readFailure(message.failure);
    for (const worker of workers) worker.stop(message.taskId, failure);
    views.get(message.taskId)?.fail(failure);
  });
  let waiting = 0;
  let closed = false;

  function queueNamed(source: string): SourceQueue {
    const opened = queues.get(source);
    if (opened) return opened;
    const { commands } = connections;
    const queue = openSourceQueue(source, {
      commands,
      events: connections.patient(),
      listener: follower.listener(source),
      clock,
    });
    queues.set(source, queue);
    return queue;
  }

  /** The queue of the source that a task id begins with. */
  function queueOf(taskId: string): SourceQueue | undefined {
    const source = /^([a-z][a-z0-9_]*)\./.exec(taskId)?.[1];
    return source === undefined || !sources.includes(source) ? undefined : queueNamed(source);
  }

  async function stop(taskId: string, reason: Error): Promise<void> {
    const queue = queueOf(taskId);
    const job = await queue?.job(taskId);
    if (!queue || !job || job.finishedOn !== undefined) return;
    await shared.stop(taskId, reason);
    await queue.remove(job);
    await control.send({ kind: "stopped", taskId, failure: writeFailure(reason) });
  }

  function withdrawHere(taskId: string, userId: string) {
    for (const listener of views.get(taskId)?.listeners ?? []) {
      if (listener.userId !== userId) continue;
      listener.withdrawn = true;
      listener.wake();
    }
  }

  async function find(taskId: string): Promise<Task> {
    const task = createTask({ id: taskId, order: 0 });
    if (await follower.refresh(task)) return views.get(taskId) ?? task;
    throw new TaskNotFoundError("no such download, or it ended more than an hour ago");
  }

  /** Now and then: keeps the tasks that are listened to here alive and true, and stops those that nobody listens to. */
  async function look(): Promise<void> {
    const attended = views.all().filter((task) => task.listeners.size > 0);
    await shared.watch(attended.map(({ id }) => id));
    await Promise.all(
      attended.map(async (task) => {
        if (!(await follower.refresh(task))) task.fail(lostJob());
      }),
    );
    const abandoned = new DownloadCancelledError("nobody waited for the download any more");
    for (const taskId of await shared.takeAbandoned()) await stop(taskId, abandoned);
    const lengths = await Promise.all([...queues.values()].map(async (queue) => (await queue.waiting()).length));
    waiting = lengths.reduce((sum, length) => sum + length, 0);
  }

  let looking = Promise.resolve();
  const timer = setInterval(() => {
    views.prune();
    looking = looking.then(() => quickly(look)).catch(() => {}); // Redis is away: it is told in the log, and asked again
  }, LOOK_MS).unref();

  for (const source of sources) queueNamed(source);

  return {
    knows: ({ key, source }, userId) =>
      redis
        .quickly(async () => {
          const [wasGiven, taskId] = await Promise.all([shared.wasGiven(key, userId), queueNamed(source).openJob(key)]);
          return wasGiven || (taskId !== undefined && (await shared.isIn(taskId, userId)));
        })
        .catch(() => false), // a file that is stored can be had without Redis; whatever else is asked for fails there
    runningOf: (userId) =>
      quickly(async () => {
        const ids = await shared.tasksOf(userId);
        const jobs = await Promise.all(ids.map(async (id) => queueOf(id)?.job(id)));
        const open = jobs.flatMap((job) => (job && job.finishedOn === undefined ? [job] : []));
        const over = ids.filter((id) => !open.some((job) => job.id === id));
        await shared.forget(userId, over);
        return open.map((job) => progressOf(job));
      }),
    enter: (request, userId, caller) =>
      quickly(async () => {
        if (closed) throw new QueueUnavailableError("music is stopping");
        const task = await joinOrStart(queueNamed(request.source), request, caller);
        await shared.enter(task.id, userId);
        return task;
      }),
    async answer({ key }, userId, stored) {
      const task = createTask({ id: key, order: 0 });
      task.complete(stored);
      // Nobody waits for it: without Redis it is only not remembered.
      shared.answer(key, userId, JSON.stringify(toResult(stored))).catch(() => {});
      return task;
    },
    attended: (task) => void shared.watch([task.id]).catch(() => {}), // the next look does
    deserted(task) {
      if (task.outcome().kind === "open") shared.unwatch(task.id).catch(() => {}); // then it ends 75 s after the last look
    },
    stays: (taskId, userId) => quickly(() => shared.isIn(taskId, userId)),
    withdraw: (taskId, userId) =>
      quickly(async () => {
        const task = await find(taskId);
        if (task.outcome().kind !== "open") return;
        const left = await shared.withdraw(taskId, userId);
        if (left < 0) return;
        await control.send({ kind: "withdrawn", taskId, userId });
        if (left === 0) await stop(taskId, new DownloadCancelledError("the download was cancelled"));
      }),
    find: (taskId) => quickly(() => find(taskId)),
    list: () => quickly(async () => (await Promise.all(sources.map((source) => queueNamed(source).open()))).flat()),
    counts: () => ({ running: workers.reduce((sum, worker) => sum + worker.running(), 0), queued: waiting }),
    async close() {
      closed = true;
      clearInterval(timer);
      // Without Redis nothing can be handed over: whoever is left finds out by the locks.
      const patienceMs = connections.client.isReady ? CLOSE_MS : 0;
      await deadline(patienceMs, async () => {
        await Promise.all(workers.map((worker) => worker.close()));
        await looking;
        await Promise.all([...queues.values()].map((queue) => queue.close()));
      }).catch((error: unknown) => logger.warn({ err: error }, "the queue was left before everything was handed over"));
      connections.close();
    },
  };
}

/** Does what needs Redis. @throws QueueUnavailableError when it does not answer in time, or not at all */
async function quickly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await deadline(ANSWER_MS, work);
  } catch (cause) {
    if (cause instanceof QueueFullError || cause instanceof TaskNotFoundError || cause instanceof QueueUnavailableError)
      throw cause;
    throw new QueueUnavailableError("what the replicas share cannot be reached now", { cause });
  }
}
