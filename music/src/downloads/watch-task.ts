import type { Clock } from "../clock.js";
import type { DownloadTask, WorkReport } from "./download-task.js";

/** A fetch that reports nothing for so long has hung. */
const STALLED_MS = 60_000;
/** No fetch takes longer, however it trickles. */
const MAX_TASK_MS = 3_600_000;

/** Gives a task up whose work says nothing for a minute, or takes longer than an hour. Its work reports through what this returns. */
export function watchTask(
  { report }: DownloadTask,
  clock: Clock,
  giveUp: (message: string) => void,
): { report: WorkReport; end: () => void } {
  const stalled = () => giveUp("the source stopped sending");
  const cancelWhole = clock.after(MAX_TASK_MS, () => giveUp("the download took too long"));
  let cancelStalled = clock.after(STALLED_MS, stalled);
  const alive = () => {
    cancelStalled();
    cancelStalled = clock.after(STALLED_MS, stalled);
  };
  return {
    report: {
      track: (track) => (alive(), report.track(track)),
      fetching: (downloadedBytes, totalBytes) => (alive(), report.fetching(downloadedBytes, totalBytes)),
      converting: (etaSeconds) => (alive(), report.converting(etaSeconds)),
    },
    end() {
      cancelStalled();
      cancelWhole();
    },
  };
}
