/** How far retries may add to the load of a service. */
export interface RetryBudgetOptions {
  /** Retries that each answered call allows, 0 to 1. Default 0.2. */
  ratio?: number;
  /** Retries a second that are always allowed, so that a rare call may be repeated too. Default 3. */
  perSecond?: number;
  /** Retries that can be saved up. Default 100. */
  max?: number;
  /** Milliseconds that only rise. Default: the process's clock. */
  now?: () => number;
}

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
  readonly #ratio: number;
  readonly #perSecond: number;
  readonly #max: number;
  readonly #now: () => number;
  #saved = 0;
  #floor: number;
  #filledAt: number;

  constructor({ ratio = 0.2, perSecond = 3, max = 100, now = () => performance.now() }: RetryBudgetOptions = {}) {
    this.#ratio = ratio;
    this.#perSecond = perSecond;
    this.#max = max;
    this.#now = now;
    this.#floor = perSecond * FLOOR_SECONDS;
    this.#filledAt = now();
  }

  /** Whole retries that may be made now. */
  get tokens(): number {
    this.#fill();
    return Math.floor(Math.min(this.#max, this.#saved + this.#floor) + ROUNDING);
  }

  /** A call was answered. */
  deposit(): void {
    if (this.#saved < this.#max) this.#saved = Math.min(this.#max, this.#saved + this.#ratio);
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
    this.#floor = Math.min(this.#perSecond * FLOOR_SECONDS, this.#floor + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
  }
}
