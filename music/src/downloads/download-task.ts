import { create } from "@bufbuild/protobuf";
import { type AudioFile, DownloadState, type Progress, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { AudioFormat, Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { endSpan, type Span } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { createSpeedMeter } from "./speed-meter.js";

/** What the work tells while it runs. Calls after the end change nothing. */
export interface WorkReport {
  /** The source found the track. */
  track(track: Track): void;
  /** @param totalBytes 0 when unknown */
  fetching(downloadedBytes: number, totalBytes: number): void;
  /** @param etaSeconds 0 when unknown */
  converting(etaSeconds: number): void;
}

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

/** One fetch of one track in one format, and everybody who waits for it. */
export interface DownloadTask {
  readonly id: string;
  /** Rises from task to task, in the order in which they start. */
  readonly order: number;
  readonly key: string;
  readonly url: string;
  readonly format: AudioFormat;
  readonly users: Set<string>;
  readonly listeners: Set<Listener>;
  readonly report: WorkReport;
  /** The fetch in the trace of the call that started it; undefined for a task without a fetch. */
  readonly span: Span | undefined;
  /** Aborted when the fetch has to stop; the reason is what its streams end with. */
  readonly stop: AbortController;
  outcome(): Outcome;
  /** The latest report; a new object whenever something changes. */
  latest(): Progress;
  queued(position: number): void;
  resolving(): void;
  complete(file: AudioFile, track: Track): void;
  fail(error: unknown): void;
}

export interface TaskInit {
  id: string;
  order: number;
  key: string;
  url: string;
  format: AudioFormat;
  clock: Clock;
  span?: Span | undefined;
}

type Fields = Partial<Omit<Progress, "$typeName" | "taskId" | "sequence">>;

const MAX_ETA_SECONDS = 86_400;

export function createDownloadTask({ clock, span, ...init }: TaskInit): DownloadTask {
  const listeners = new Set<Listener>();
  let outcome: Outcome = { kind: "open" };
  let latest = create(ProgressSchema, { taskId: init.id, sequence: 1n, state: DownloadState.QUEUED });
  let speed = createSpeedMeter();

  function write(fields: Fields) {
    latest = create(ProgressSchema, { ...latest, ...fields, sequence: latest.sequence + 1n });
  }

  function change(fields: Fields) {
    if (outcome.kind !== "open") return;
    write(fields);
    wakeAll();
  }

  function wakeAll() {
    for (const listener of listeners) listener.wake();
  }

  const report: WorkReport = {
    track: (track) => change({ track }),
    fetching(downloadedBytes, totalBytes) {
      // Another attempt starts from nothing, and so does its speed.
      if (downloadedBytes < Number(latest.downloadedBytes)) speed = createSpeedMeter();
      speed.record(clock.now(), downloadedBytes);
      const bytesPerSecond = speed.bytesPerSecond();
      const left = totalBytes > 0 && bytesPerSecond > 0 ? Math.ceil((totalBytes - downloadedBytes) / bytesPerSecond) : 0;
      change({
        state: DownloadState.FETCHING,
        downloadedBytes: BigInt(downloadedBytes),
        totalBytes: BigInt(totalBytes),
        bytesPerSecond: BigInt(bytesPerSecond),
        etaSeconds: inBounds(left),
      });
    },
    converting: (etaSeconds) => change({ state: DownloadState.CONVERTING, bytesPerSecond: 0n, etaSeconds: inBounds(etaSeconds) }),
  };

  return {
    ...init,
    users: new Set(),
    listeners,
    report,
    span,
    stop: new AbortController(),
    outcome: () => outcome,
    latest: () => latest,
    queued(queuePosition) {
      if (latest.queuePosition !== queuePosition) change({ queuePosition });
    },
    resolving: () => change({ state: DownloadState.RESOLVING, queuePosition: 0 }),
    complete(file, track) {
      if (outcome.kind !== "open") return;
      const bytes = file.sizeBytes;
      const state = DownloadState.COMPLETED;
      write({ state, file, track, queuePosition: 0, downloadedBytes: bytes, totalBytes: bytes, etaSeconds: 0 });
      outcome = { kind: "completed" };
      span?.setAttributes({ "refrain.source": track.source, "refrain.bytes": Number(bytes) });
      if (span) endSpan(span);
      // Only now: streams that wait for their next turn wake up for the end alone.
      wakeAll();
    },
    fail(error) {
      if (outcome.kind !== "open") return;
      outcome = { kind: "failed", error };
      if (span) endSpan(span, error);
      wakeAll();
    },
  };
}

function inBounds(seconds: number): number {
  return Number.isFinite(seconds) ? Math.min(MAX_ETA_SECONDS, Math.max(0, Math.round(seconds))) : 0;
}
