/** Tells claimers who wait that there may be work. One ring wakes one of them: whoever then finds something rings for the next. */
export interface Bell {
  /** Something of this bot may be claimable now, perhaps for this claimer alone. Wakes a waiter, or whoever comes to wait next. */
  ring(botId: string, claimer?: string): void;
  /** Rings here and at all replicas. */
  announce(botId: string): void;
  /** Resolves when it rings for this claimer, after `ms`, or when the signal fires, whichever comes first. */
  wait(waiter: Waiter, ms: number, signal: AbortSignal): Promise<void>;
}

export interface Waiter {
  readonly botId: string;
  readonly claimer: string;
}

interface Waiting extends Waiter {
  readonly wake: () => void;
}

/** Bots for whom it rang while nobody waited: more than there are, and a bound for names that anybody may send. */
const MAX_MISSED = 1_000;

/** @param tellReplicas brings a ring to the other replicas; whoever misses it looks again after a while */
export function createBell(tellReplicas: (botId: string) => void = () => {}): Bell {
  const waiting = new Set<Waiting>();
  const missed = new Set<string>();

  const ring = (botId: string, claimer?: string) => {
    const candidates = [...waiting].filter((waiter) => waiter.botId === botId);
    const waiter = candidates.find((one) => one.claimer === claimer) ?? candidates[0];
    if (waiter !== undefined) waiter.wake();
    else if (missed.size < MAX_MISSED) missed.add(botId);
  };

  return {
    ring,
    announce(botId) {
      ring(botId);
      tellReplicas(botId);
    },
    wait(waiter, ms, signal) {
      if (signal.aborted || missed.delete(waiter.botId)) return Promise.resolve();
      return new Promise((resolve) => {
        const place: Waiting = { ...waiter, wake: () => leave() };
        const leave = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", leave);
          waiting.delete(place);
          resolve();
        };
        const timer = setTimeout(leave, ms);
        signal.addEventListener("abort", leave, { once: true });
        waiting.add(place);
      });
    },
  };
}
