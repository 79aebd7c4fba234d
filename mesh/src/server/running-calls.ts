/** Counts calls that have not ended, so that a stop can wait for them. */
export class RunningCalls {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** Runs one call and counts it until its answer is given. */
  async during(call: () => Promise<void>): Promise<void> {
    this.#count += 1;
    try {
      await call();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#release();
    }
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
