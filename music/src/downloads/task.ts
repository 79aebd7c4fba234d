import { create } from "@bufbuild/protobuf";
import { DownloadState, type Progress, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { WORK_SEQUENCE } from "./reporter.js";
import type { Stored } from "./work.js";

/** What a task has come to. */
type Outcome = { kind: "open" } | { kind: "completed" } | { kind: "failed"; error: unknown };

/** One caller who listens to a task. */
export interface Listener {
  readonly userId: string;
  /** True when this user withdrew: the stream is to end. */
  withdrawn: boolean;
  /** Called at every change. */
  wake: () => void;
}

/** One fetch of one track in one format, as this process knows it, and those in this process who wait for it. */
export interface Task {
  readonly id: string;
  /** Rises from task to task, in the order in which they were asked for. */
  readonly order: number;
  readonly listeners: Set<Listener>;
  outcome(): Outcome;
  /** The latest report; a new object whenever something changes. */
  latest(): Progress;
  /** @param position 1 is next; one that is not lower than before is no news */
  queued(position: number): void;
  /** A report of the work; an older one is no news. */
  apply(progress: Progress): void;
  complete(stored: Stored): void;
  fail(error: unknown): void;
}

export function createTask({ id, order }: Pick<Task, "id" | "order">): Task {
  const listeners = new Set<Listener>();
  let outcome: Outcome = { kind: "open" };
  let latest = create(ProgressSchema, { taskId: id, state: DownloadState.QUEUED });

  function wakeAll() {
    for (const listener of listeners) listener.wake();
  }

  function apply(progress: Progress) {
    if (outcome.kind !== "open" || progress.sequence <= latest.sequence) return;
    latest = progress;
    wakeAll();
  }

  return {
    id,
    order,
    listeners,
    outcome: () => outcome,
    latest: () => latest,
    queued(queuePosition) {
      const sequence = WORK_SEQUENCE - BigInt(queuePosition);
      apply(create(ProgressSchema, { taskId: id, state: DownloadState.QUEUED, queuePosition, sequence }));
    },
    apply,
    complete({ file, track }) {
      if (outcome.kind !== "open") return;
      outcome = { kind: "completed" };
      latest = create(ProgressSchema, {
        taskId: id,
        sequence: (latest.sequence > WORK_SEQUENCE ? latest.sequence : WORK_SEQUENCE) + 1n,
        state: DownloadState.COMPLETED,
        downloadedBytes: file.sizeBytes,
        totalBytes: file.sizeBytes,
        bytesPerSecond: latest.bytesPerSecond,
        track,
        file,
      });
      // Only now: streams that wait for their next turn wake up for the end alone.
      wakeAll();
    },
    fail(error) {
      if (outcome.kind !== "open") return;
      outcome = { kind: "failed", error };
      wakeAll();
    },
  };
}
