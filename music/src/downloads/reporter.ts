import { create } from "@bufbuild/protobuf";
import { DownloadState, type Progress, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Clock } from "../clock.js";
import { createSpeedMeter } from "./speed-meter.js";
import type { WorkReport } from "./work.js";

/** Makes the progress of a task out of what its work reports. */
export interface Reporter extends WorkReport {
  /** The work begins. */
  resolving(): void;
}

export interface ReporterOptions {
  taskId: string;
  clock: Clock;
  /** How far another replica came before this one took over. */
  from?: Progress | undefined;
  publish: (progress: Progress) => void;
}

type Fields = Partial<Omit<Progress, "$typeName" | "taskId" | "sequence">>;

/**
 * Sequences above it belong to the work, those below to the queue: one that waits has this less its position, so that its
 * sequence rises as its position falls, whichever replica tells it.
 */
export const WORK_SEQUENCE = 1_000_000n;

const MAX_ETA_SECONDS = 86_400;

export function createReporter({ taskId, clock, from, publish }: ReporterOptions): Reporter {
  let latest = from ?? create(ProgressSchema, { taskId, sequence: WORK_SEQUENCE, state: DownloadState.QUEUED });
  let speed = createSpeedMeter();

  function change(fields: Fields) {
    // A phase that was reached is not left again, also when another replica has to go through the ones before.
    const state = Math.max(latest.state, fields.state ?? 0);
    latest = create(ProgressSchema, { ...latest, ...fields, state, sequence: latest.sequence + 1n });
    publish(latest);
  }

  return {
    resolving: () => change({ state: DownloadState.RESOLVING, queuePosition: 0, bytesPerSecond: 0n, etaSeconds: 0 }),
    track: (track) => change({ track }),
    fetching(downloadedBytes, totalBytes) {
      // Another attempt starts from less, and so does its speed.
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
}

function inBounds(seconds: number): number {
  return Number.isFinite(seconds) ? Math.min(MAX_ETA_SECONDS, Math.max(0, Math.round(seconds))) : 0;
}
