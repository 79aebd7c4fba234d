/** Something that runs and can be told to end. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** The calls that have not ended, so that a stop can wait for them and end them. */
export class RunningCalls {
  readonly #calls = new Set<Abortable>();
  readonly #waiting = new Set<() => void>();

  /** Runs one call and counts it until its answer is given. */
  async during(context: Abortable, call: () => Promise<void>): Promise<void> {
    this.#calls.add(context);
    try {
      await call();
    } finally {
      this.#calls.delete(context);
      if (this.#calls.size === 0) this.#release();
    }
  }

  /** Tells every running call to end. One by one: a listener of each call on a shared signal would cost more than the call. */
  abort(reason: unknown): void {
    for (const call of this.#calls) call.abort(reason);
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
