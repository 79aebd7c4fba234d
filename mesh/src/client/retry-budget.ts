/** Retries that each answered call allows. */
const RATIO = 0.2;
/** Retries a second that are always allowed, so that a rare call may be repeated too. */
const PER_SECOND = 3;
/** Retries that can be saved up. */
const MAX = 100;
/** The floor is not saved up for longer. */
const FLOOR_SECONDS = 3;
/** Five times 0.2 is a little less than 1. */
const ROUNDING = 1e-6;

/**
 * Bounds what retries add to a service that is down: 20 % of its answered calls and 3 a second.
 *
 * Only a call that was answered pays in. When nothing is answered any more, what was saved is spent once, and then the
 * floor alone is left: 1,000 calls into an outage make a hundred and some retries, not three thousand.
 */
export class RetryBudget {
  readonly #now: () => number;
  #saved = 0;
  #floor = PER_SECOND * FLOOR_SECONDS;
  #filledAt: number;

  /** @param now milliseconds that only rise; default: the process's clock */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#filledAt = now();
  }

  /** Whole retries that may be made now. */
  get tokens(): number {
    this.#fill();
    return Math.floor(Math.min(MAX, this.#saved + this.#floor) + ROUNDING);
  }

  /** A call was answered. */
  deposit(): void {
    if (this.#saved < MAX) this.#saved = Math.min(MAX, this.#saved + RATIO);
  }

  /** Takes one retry; false when there is none left. */
  withdraw(): boolean {
    if (this.tokens < 1) return false;
    const fromSaved = Math.min(1, this.#saved);
    this.#saved -= fromSaved;
    this.#floor -= 1 - fromSaved;
    return true;
  }

  #fill(): void {
    const now = this.#now();
    this.#floor = Math.min(PER_SECOND * FLOOR_SECONDS, this.#floor + ((now - this.#filledAt) / 1000) * PER_SECOND);
    this.#filledAt = now;
  }
}
