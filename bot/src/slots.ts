/** Lets at most `size` pieces of work run at once; the others wait in order. */
export interface Slots {
  /** Runs work in a slot. While it waits for one, the signal takes it out of the queue and rejects with the reason. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** True: the next `run` starts at once. */
  free(): boolean;
  /** How many wait. */
  waiting(): number;
}

export function createSlots(size: number): Slots {
  const queue: (() => void)[] = [];
  let used = 0;

  function acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (used < size) {
      used += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      queue.push(enter);
    });
  }

  function release(): void {
    const next = queue.shift();
    // The slot is handed over without becoming free in between.
    if (next) next();
    else used -= 1;
  }

  return {
    free: () => used < size,
    waiting: () => queue.length,
    async run(work, signal) {
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
