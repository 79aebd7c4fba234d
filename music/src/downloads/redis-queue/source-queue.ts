import { DownloadState, type Progress, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { create } from "@bufbuild/protobuf";
import { type IRedisClient, type Job, Queue, QueueEvents } from "bullmq";
import type { Clock } from "../../clock.js";
import { QueueUnavailableError } from "../../errors.js";
import { KEPT_MS, type OpenFetch } from "../fetch-queue.js";
import { WORK_SEQUENCE } from "../reporter.js";
import { JOB_NAME, type JobData, type JobResult, queueName, QUEUE_PREFIX, readProgress } from "./job-form.js";
import { madeReady } from "./made-ready.js";

export type FetchJob = Job<JobData, JobResult>;

/** What is heard of jobs, whichever replica does them. Jobs that are not followed here are for the listener to pass over. */
export interface JobListener {
  progress(taskId: string, progress: unknown): void;
  completed(taskId: string, result: unknown): void;
  failed(taskId: string, reason: string): void;
  /** It was taken out of the queue: `SharedState` knows why. */
  removed(taskId: string): void;
  /** The queue has moved. */
  moved(): void;
}

export interface SourceQueueOptions {
  /** For what calls wait for. */
  commands: IRedisClient;
  /** A connection of its own, to listen. */
  events: IRedisClient;
  listener: JobListener;
  clock: Clock;
}

/** The jobs of one source, as all replicas see them. */
export interface SourceQueue {
  readonly source: string;
  /** Id of the job of a key that runs or waits; undefined when there is none. */
  openJob(key: string): Promise<string | undefined>;
  /** @returns the id of the job: another than `taskId` when there was one of that key already */
  add(taskId: string, data: JobData): Promise<string>;
  job(taskId: string): Promise<FetchJob | undefined>;
  /** Ends the deduplication by a job, and takes it out when it waits. @returns false when it does not wait */
  remove(job: FetchJob): Promise<boolean>;
  /** Ids of those that wait, the next one first. */
  waiting(): Promise<string[]>;
  open(): Promise<OpenFetch[]>;
  close(): Promise<void>;
}

const MAX_ENDED = 1_000;
const MAX_EVENTS = 10_000;
/** Our clock is no further from that of Redis. What is heard twice changes nothing. */
const CLOCK_SKEW_MS = 10_000;

export function openSourceQueue(source: string, { commands, events, listener, clock }: SourceQueueOptions): SourceQueue {
  const closing = new AbortController();
  const queue = madeReady(() => makeQueue(source, commands), clock, closing.signal);
  const heard = madeReady(() => makeEvents(source, events, listener), clock, closing.signal);
  for (const ready of [queue, heard]) ready.catch(() => {}); // closed before Redis was there

  const waiting = async () => (await queue).getRanges(["waiting"], 0, -1, true);
  return {
    source,
    openJob: async (key) => (await (await queue).getDeduplicationJobId(key)) ?? undefined,
    async add(taskId, data) {
      const job = await (await queue).add(JOB_NAME, data, { jobId: taskId, deduplication: { id: data.key } });
      return job.id ?? taskId;
    },
    job: async (taskId) => (await queue).getJob(taskId),
    async remove(job) {
      await job.removeDeduplicationKey();
      if ((await job.getState()) !== "waiting") return false;
      return job.remove().then(
        () => true,
        () => false, // a worker took it just now
      );
    },
    waiting,
    async open() {
      const [jobs, order] = await Promise.all([(await queue).getJobs(["active", "waiting"]), waiting()]);
      return jobs.map((job) => toOpenFetch(job, order.indexOf(job.id ?? "") + 1));
    },
    async close() {
      closing.abort(new QueueUnavailableError("music is stopping"));
      for (const ready of [heard, queue]) await ready.then((made) => made.close()).catch(() => {}); // Redis was never there
    },
  };
}

function makeQueue(source: string, connection: IRedisClient): Queue<JobData, JobResult> {
  const kept = { age: KEPT_MS / 1000, count: MAX_ENDED };
  const queue = new Queue<JobData, JobResult>(queueName(source), {
    connection,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: { attempts: 1, removeOnComplete: kept, removeOnFail: kept, stackTraceLimit: 0 },
    streams: { events: { maxLen: MAX_EVENTS } },
  });
  queue.on("error", () => {}); // told once by the connection's own log; without a listener it would end the process
  return queue;
}

function makeEvents(source: string, connection: IRedisClient, listener: JobListener): QueueEvents<JobResult> {
  const events = new QueueEvents<JobResult>(queueName(source), {
    connection,
    prefix: QUEUE_PREFIX,
    // From a little before now: what happens while it still connects is not missed. Ids begin with the milliseconds of Redis' clock.
    lastEventId: `${Date.now() - CLOCK_SKEW_MS}-0`,
  });
  events.on("error", () => {}); // as above
  events.on("progress", ({ jobId, data }) => listener.progress(jobId, data));
  events.on("completed", ({ jobId, returnvalue }) => listener.completed(jobId, returnvalue));
  events.on("failed", ({ jobId, failedReason }) => listener.failed(jobId, failedReason));
  events.on("removed", ({ jobId }) => listener.removed(jobId));
  for (const event of ["added", "active", "removed"] as const) events.on(event, () => listener.moved());
  return events;
}

function toOpenFetch(job: FetchJob, queuePosition: number): OpenFetch {
  return { order: job.data.order, progress: progressOf(job, queuePosition) };
}

/** How far a job is, as it says itself. @param queuePosition 0 when unknown */
export function progressOf({ id: taskId = "", progress }: FetchJob, queuePosition = 0): Progress {
  const sequence = WORK_SEQUENCE - BigInt(queuePosition);
  const waits = { taskId, state: DownloadState.QUEUED, queuePosition, sequence };
  return readProgress(progress) ?? create(ProgressSchema, waits);
}
