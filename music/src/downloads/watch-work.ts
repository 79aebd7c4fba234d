import type { Clock } from "../clock.js";
import type { WorkReport } from "./work.js";

/** A fetch that reports nothing for so long has hung. */
const STALLED_MS = 60_000;
/** No fetch takes longer, however it trickles. */
const MAX_FETCH_MS = 3_600_000;

/** Gives work up that says nothing for a minute, or takes longer than an hour. It reports through what this returns. */
export function watchWork(
  to: WorkReport,
  clock: Clock,
  giveUp: (message: string) => void,
): { report: WorkReport; end: () => void } {
  const stalled = () => giveUp("the source stopped sending");
  const cancelWhole = clock.after(MAX_FETCH_MS, () => giveUp("the download took too long"));
  let cancelStalled = clock.after(STALLED_MS, stalled);
  const alive = () => {
    cancelStalled();
    cancelStalled = clock.after(STALLED_MS, stalled);
  };
  return {
    report: {
      track: (track) => (alive(), to.track(track)),
      fetching: (downloadedBytes, totalBytes) => (alive(), to.fetching(downloadedBytes, totalBytes)),
      converting: (etaSeconds) => (alive(), to.converting(etaSeconds)),
    },
    end() {
      cancelStalled();
      cancelWhole();
    },
  };
}
