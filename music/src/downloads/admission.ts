import { recordRateLimited, type RateLimiter } from "@refrain/mesh";
import { TooManyRunningError } from "../errors.js";
import type { DownloadTask } from "./download-task.js";

export interface AdmissionOptions {
  /** Downloads that each user may begin; undefined: no limit. */
  starts: RateLimiter | undefined;
  /** Downloads that one user may have running or queued; 0: no limit. */
  maxRunning: number;
}

/** A user who wants into a download that they are not in. */
export interface Applicant {
  userId: string;
  /** Of the task. */
  key: string;
  /** True when it will run: it is not stored already. */
  runs: boolean;
}

/** Who may begin a download, or join somebody else's. */
export interface Admission {
  /**
   * Counts a start, and enters. What a user asks for several times at the same time counts once.
   *
   * @param open tasks that run or wait
   * @param enter called when it is decided; does not wait, so that nobody slips in between
   * @throws TooManyRunningError, which costs no start; ConnectError RATE_LIMITED
   */
  admit<Place>(applicant: Applicant, open: () => readonly DownloadTask[], enter: () => Place): Promise<Place>;
}

/**
 * Nobody is told to come back before that: how long a download takes is a guess, and it is better to tell a person at once than
 * to keep them waiting within the call.
 */
const MIN_RETRY_MS = 5_000;

export function createAdmission({ starts, maxRunning }: AdmissionOptions): Admission {
  const applying = new Map<string, { applicant: Applicant; counted: Promise<void> }>();

  /** Those who are being counted have a place already. */
  function checkRunning({ userId }: Applicant, open: readonly DownloadTask[]): void {
    const mine = open.filter(({ users }) => users.has(userId));
    const coming = [...applying.values()].filter(({ applicant }) => applicant.userId === userId && applicant.runs);
    if (maxRunning === 0 || mine.length + coming.length < maxRunning) return;
    recordRateLimited("running");
    throw new TooManyRunningError(maxRunning, retryAfterMs(mine));
  }

  return {
    async admit(applicant, open, enter) {
      const id = `${applicant.userId} ${applicant.key}`;
      const same = applying.get(id);
      if (same) {
        await same.counted;
        return enter();
      }
      if (applicant.runs) checkRunning(applicant, open());
      const counted = starts?.consume(applicant.userId) ?? Promise.resolve();
      applying.set(id, { applicant, counted });
      try {
        await counted;
        return enter();
      } finally {
        applying.delete(id);
      }
    },
  };
}

/** When the first of them may have ended. */
function retryAfterMs(tasks: readonly DownloadTask[]): number {
  const known = tasks.map((task) => task.latest().etaSeconds).filter((seconds) => seconds > 0);
  return Math.max(MIN_RETRY_MS, known.length > 0 ? Math.min(...known) * 1_000 : 0);
}
