/** Links that are remembered to fail again and again. */
const MAX_SUBJECTS = 100;

/** Failures of one kind of call since one was answered. */
export class FailureRow {
  #length = 0;
  /** Calls that ended in a way that counts. */
  #ends = 0;
  readonly #failed = new Set<string>();

  get length(): number {
    return this.#length;
  }

  /** To be remembered when a call begins. */
  get ends(): number {
    return this.#ends;
  }

  /** Whether a call about this has failed before. */
  has(subject: string | undefined): boolean {
    return subject !== undefined && this.#failed.has(subject);
  }

  answered(): void {
    this.#ends += 1;
    this.#length = 0;
    this.#failed.clear();
  }

  /**
   * In a row is what began after the last end: when the network breaks, everything under way fails at once, as one failure.
   *
   * @param endsBefore `ends` when the call began
   */
  failed(subject: string | undefined, endsBefore: number): void {
    if (this.#failed.size >= MAX_SUBJECTS) this.#failed.clear();
    if (subject !== undefined) this.#failed.add(subject);
    if (endsBefore !== this.#ends) return;
    this.#ends += 1;
    this.#length += 1;
  }
}
