import { UnrecoverableError, WaitingError, Worker, type IRedisClient, type Job } from "bullmq";
import type { Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { type Logger, remoteSpan } from "@refrain/mesh";
import { type Clock, pause } from "../../clock.js";
import { QueueUnavailableError } from "../../errors.js";
import { toFailure } from "../failure.js";
import { createReporter } from "../reporter.js";
import { runFetch, startFetchSpan } from "../run-fetch.js";
import type { Work } from "../work.js";
import {
  type JobData,
  type JobResult,
  queueName,
  QUEUE_PREFIX,
  readFailure,
  readProgress,
  toRequest,
  toResult,
  writeFailure,
  writeProgress,
} from "./job-form.js";
import { madeReady } from "./made-ready.js";
import { createPublisher } from "./publisher.js";
import type { SharedState } from "./shared-state.js";

export interface FetchWorkerOptions {
  source: string;
  /** Fetches at once. */
  slots: number;
  connection: IRedisClient;
  shared: SharedState;
  work: Work;
  clock: Clock;
  logger: Logger;
}

/** What takes the jobs of one source and does them. */
export interface FetchWorker {
  running(): number;
  /** Stops a fetch, when it runs here. */
  stop(taskId: string, reason: Error): void;
  /** Gives back what runs, so that another replica goes on with it. */
  close(): Promise<void>;
}

/** A replica that says nothing for so long has lost its jobs. Together with the next, they are taken over within 10 s. */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_000;
/** A job whose replicas died so often is not tried again: it may be what they died of. */
const MAX_STALLED = 5;
const RETRY_MS = 1_000;
const SWEEP_MS = 500;
/** The call for a new job reaches one replica, which may be about to go: the others look by themselves so often. */
const LOOK_SECONDS = 1;
/** While Redis is away, the last report is not waited for longer. */
const LAST_REPORT_MS = 1_000;

interface RunningFetch {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** When its lock was last known to be ours, by our clock. */
  renewedAt: number;
}

/** The job is another replica's by now, or is to be: nothing is to be said about its end here. */
class HandedOverError extends QueueUnavailableError {}

export function createFetchWorker(options: FetchWorkerOptions): FetchWorker {
  const { source, slots, connection, clock, logger } = options;
  const running = new Map<string, RunningFetch>();
  const closing = new AbortController();

  function run(job: Job<JobData, JobResult>, token: string | undefined): Promise<JobResult> {
    const taskId = job.id ?? "";
    const stop = new AbortController();
    const result = runUntil(job, taskId, token, stop);
    const ended = result.then(
      () => {},
      () => {}, // the worker is told
    );
    running.set(taskId, { stop, ended, renewedAt: clock.now() });
    return result;
  }

  async function runUntil(job: Job<JobData, JobResult>, taskId: string, token: string | undefined, stop: AbortController) {
    try {
      return await fetchJob(job, taskId, stop, options);
    } catch (error) {
      if (!(stop.signal.reason instanceof HandedOverError)) throw fail(error, taskId);
      // Another replica has it already when its lock is lost.
      await job.moveToWait(token ?? "").catch(() => {});
      throw new WaitingError();
    } finally {
      running.delete(taskId);
    }
  }

  function fail(error: unknown, taskId: string): Error {
    if (toFailure(error).reason === "INTERNAL") logger.error({ err: error, task_id: taskId, source }, "fetch failed");
    return new UnrecoverableError(writeFailure(error));
  }

  function makeWorker() {
    const worker = new Worker<JobData, JobResult>(queueName(source), (job, token) => run(job, token), {
      connection,
      prefix: QUEUE_PREFIX,
      autorun: false,
      concurrency: slots,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: RETRY_MS,
      drainDelay: LOOK_SECONDS,
    });
    restAfterErrors(worker, clock, closing.signal);
    worker.on("locksRenewed", ({ jobIds }) => {
      for (const id of jobIds) {
        const held = running.get(id);
        if (held) held.renewedAt = clock.now();
      }
    });
    worker.on("lockRenewalFailed", (ids) => ids.forEach(handOver));
    return worker;
  }

  const handOver = (taskId: string) => running.get(taskId)?.stop.abort(new HandedOverError("another replica goes on with it"));
  const ready = madeReady(makeWorker, clock, closing.signal);
  ready.then((worker) => worker.run()).catch(() => {}); // closed before Redis was there
  // A lock that could not be renewed has expired by now, as others see it.
  const sweep = setInterval(() => {
    for (const [taskId, { renewedAt }] of running) if (clock.now() - renewedAt > LOCK_MS) handOver(taskId);
  }, SWEEP_MS).unref();

  return {
    running: () => running.size,
    stop: (taskId, reason) => running.get(taskId)?.stop.abort(reason),
    async close() {
      clearInterval(sweep);
      closing.abort(new QueueUnavailableError("music is stopping"));
      const worker = await ready.catch(() => undefined); // Redis was never there
      // First it takes no more, or it would take back what it gives away.
      await worker?.pause(true);
      for (const taskId of running.keys()) handOver(taskId);
      await Promise.all([...running.values()].map(({ ended }) => ended));
      // Not the patient way, which waits for seconds until the empty queue has been listened to.
      await worker?.close(true);
    },
  };
}

/**
 * Without a listener an error would end the process. What it says is told once by the connection's own log; but a worker whose
 * calls fail at once would try again without taking a breath, and nothing else would run any more.
 */
function restAfterErrors(worker: Worker<JobData, JobResult>, clock: Clock, closing: AbortSignal) {
  let resting = false;
  worker.on("error", () => {
    if (resting) return;
    resting = true;
    void worker.pause(true);
    clock.after(RETRY_MS, () => {
      resting = false;
      if (!closing.aborted) void worker.resume();
    });
  });
}

/** Does one job, from where another replica may have left it. */
async function fetchJob(
  job: Job<JobData, JobResult>,
  taskId: string,
  stop: AbortController,
  { source, shared, work, clock }: FetchWorkerOptions,
): Promise<JobResult> {
  const stopped = await shared.stopped(taskId);
  if (stopped !== null) throw readFailure(stopped);
  const request = toRequest(source, job.data);
  // Redis may be away for a while: later reports, or the next look at the job, tell the same.
  const publisher = createPublisher(clock, (progress) => job.updateProgress(writeProgress(progress)).catch(() => {}));
  const publish = (progress: Progress) => publisher.publish(progress);
  const reporter = createReporter({ taskId, clock, from: readProgress(job.progress), publish });
  const span = startFetchSpan(remoteSpan(job.data.trace), request);
  try {
    const stored = await runFetch(request, { work, clock, reporter, stop, span });
    await shared.give(request.key, taskId);
    return toResult(stored);
  } finally {
    await Promise.race([publisher.end(), pause(clock, LAST_REPORT_MS, new AbortController().signal)]);
  }
}
