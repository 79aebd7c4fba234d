import type { Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { recordRateLimited, type RateLimiter } from "@refrain/mesh";
import { TooManyRunningError } from "../errors.js";

export interface AdmissionOptions {
  /** Downloads that each user may begin; undefined: no limit. */
  starts: RateLimiter | undefined;
  /** Downloads that one user may have running or queued; 0: no limit. */
  maxRunning: number;
}

/** A user who wants into a download that they are not in. */
export interface Applicant {
  userId: string;
  /** Of the fetch. */
  key: string;
  /** True when it will run: it is not stored already. */
  runs: boolean;
}

/** Who may begin a download, or join somebody else's. */
export interface Admission {
  /**
   * Counts a start. What a user asks for several times at the same time counts once.
   *
   * @param running open fetches of this user
   * @param enter called when it is decided; the place counts until it has settled
   * @throws TooManyRunningError, which costs no start; ConnectError RATE_LIMITED
   */
  admit<Place>(applicant: Applicant, running: () => Promise<readonly Progress[]>, enter: () => Promise<Place>): Promise<Place>;
}

/**
 * Nobody is told to come back before that: how long a download takes is a guess, and it is better to tell a person at once than
 * to keep them waiting within the call.
 */
const MIN_RETRY_MS = 5_000;

export function createAdmission({ starts, maxRunning }: AdmissionOptions): Admission {
  const applying = new Map<string, { applicant: Applicant; admitted: Promise<void> }>();

  /** Those who came before and are being counted have a place already. */
  async function checkRunning(applicant: Applicant, running: () => Promise<readonly Progress[]>): Promise<void> {
    if (maxRunning === 0) return;
    const mine = await running();
    const place = [...applying.values()].findIndex((other) => other.applicant === applicant);
    const before = [...applying.values()].slice(0, place);
    const coming = before.filter(({ applicant: other }) => other.userId === applicant.userId && other.runs);
    if (mine.length + coming.length < maxRunning) return;
    recordRateLimited("running");
    throw new TooManyRunningError(maxRunning, retryAfterMs(mine));
  }

  async function count(applicant: Applicant, running: () => Promise<readonly Progress[]>): Promise<void> {
    if (applicant.runs) await checkRunning(applicant, running);
    await starts?.consume(applicant.userId);
  }

  return {
    async admit(applicant, running, enter) {
      const id = `${applicant.userId} ${applicant.key}`;
      const same = applying.get(id);
      if (same) {
        await same.admitted;
        return enter();
      }
      const admitted = count(applicant, running);
      applying.set(id, { applicant, admitted });
      try {
        await admitted;
        return await enter();
      } finally {
        applying.delete(id);
      }
    },
  };
}

/** When the first of them may have ended. */
function retryAfterMs(running: readonly Progress[]): number {
  const known = running.map(({ etaSeconds }) => etaSeconds).filter((seconds) => seconds > 0);
  return Math.max(MIN_RETRY_MS, known.length > 0 ? Math.min(...known) * 1_000 : 0);
}
