import { SingleBar, type Options } from "cli-progress";
import { DownloadState, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { clockTime, megabytes, type Output, plain } from "./terminal.js";

/** Shows how far a download is. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Takes the bar away. */
  end(): void;
}

const LINE_EVERY_MS = 1_000;
const BAR_WIDTH = 24;

const PHASES: Readonly<Record<DownloadState, string>> = {
  [DownloadState.UNSPECIFIED]: "starting",
  [DownloadState.QUEUED]: "waiting",
  [DownloadState.RESOLVING]: "looking it up",
  [DownloadState.FETCHING]: "fetching",
  [DownloadState.CONVERTING]: "converting",
  [DownloadState.COMPLETED]: "done",
};

/** A bar on a terminal; elsewhere a line a second, and one at every new phase. */
export function showProgress(output: Output, now = () => performance.now()): ProgressView {
  return output.isTTY === true ? createBar(output) : createLines(output, now);
}

function createBar(output: Output): ProgressView {
  const format: Options["format"] = (_options, _params, payload: { progress?: Progress }) =>
    payload.progress ? describe(payload.progress, true) : PHASES[DownloadState.UNSPECIFIED];
  const bar = new SingleBar({
    stream: output as NodeJS.WriteStream, // a terminal
    format,
    hideCursor: true,
    clearOnComplete: true,
    fps: 10,
    gracefulExit: false,
  });
  bar.start(1, 0, {});
  return {
    show: (progress) => bar.update(share(progress) ?? 0, { progress }),
    end: () => bar.stop(),
  };
}

function createLines(output: Output, now: () => number): ProgressView {
  let nextAt = 0;
  let last: DownloadState | undefined;
  return {
    show(progress) {
      if (progress.state === last && now() < nextAt) return;
      last = progress.state;
      nextAt = now() + LINE_EVERY_MS;
      output.write(`${describe(progress, false)}\n`);
    },
    end() {},
  };
}

/** What is known: phase, megabytes, speed, seconds left. */
function describe(progress: Progress, withBar: boolean): string {
  const { state, track, queuePosition, bytesPerSecond, etaSeconds } = progress;
  const [done, total] = [Number(progress.downloadedBytes), Number(progress.totalBytes)];
  const known = share(progress);
  const parts = [PHASES[state]];
  if (state === DownloadState.QUEUED && queuePosition > 0) parts[0] += ` (place ${queuePosition})`;
  if (done > 0) parts.push(total > 0 ? `${megabytes(done)} of ${megabytes(total)} MB` : `${megabytes(done)} MB`);
  if (bytesPerSecond > 0n && state === DownloadState.FETCHING) parts.push(`${megabytes(Number(bytesPerSecond))} MB/s`);
  if (etaSeconds > 0) parts.push(`${clockTime(etaSeconds)} left`);
  if (track && state !== DownloadState.COMPLETED && !withBar) parts.push(plain(track.title));
  const bar = withBar && known !== undefined ? `${drawn(known)} ${Math.floor(known * 100)} %  ` : "";
  return bar + parts.join(", ");
}

function drawn(part: number): string {
  const full = Math.min(BAR_WIDTH, Math.round(part * BAR_WIDTH));
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}

function share({ downloadedBytes, totalBytes }: Progress): number | undefined {
  return totalBytes > 0n ? Math.min(1, Number(downloadedBytes) / Number(totalBytes)) : undefined;
}
