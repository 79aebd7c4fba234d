import { createContextKey, type ContextValues } from "@connectrpc/connect";

/** Something that runs and can be told to end. */
export interface RunningCall {
  readonly values: ContextValues;
  abort(reason: unknown): void;
}

/** Set in the context of a call that came when as many ran as may. */
export const tooManyKey = createContextKey(false, { description: "one call too many" });

/** The calls that have not ended, so that they can be bounded, and a stop can wait for them and end them. */
export class RunningCalls {
  readonly #calls = new Set<RunningCall>();
  readonly #waiting = new Set<() => void>();
  readonly #max: number;

  /** @param max calls that may run at once; default: no bound */
  constructor(max = Infinity) {
    this.#max = max;
  }

  /** Runs one call and counts it until its answer is given. */
  async during(call: RunningCall, work: () => Promise<void>): Promise<void> {
    this.add(call);
    try {
      await work();
    } finally {
      this.delete(call);
    }
  }

  /** Counts a call, and marks it when it is one too many: refusing it is up to an interceptor, which can answer, log and measure. */
  add(call: RunningCall): void {
    this.#calls.add(call);
    if (this.#calls.size > this.#max) call.values.set(tooManyKey, true);
  }

  delete(call: RunningCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#release();
  }

  /** Calls that run now. */
  get size(): number {
    return this.#calls.size;
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
