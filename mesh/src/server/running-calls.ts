/** Counts calls that have not ended, so that a stop can wait for them. */
export class RunningCalls {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** Counts a call until its signal fires, as it does at the end of every call. */
  add(signal: AbortSignal): void {
    this.#count += 1;
    signal.addEventListener("abort", () => this.#leave(), { once: true });
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #leave(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
