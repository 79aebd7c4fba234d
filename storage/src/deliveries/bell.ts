import { LRUCache } from "lru-cache";

/** Tells claimers who wait that there may be work. One ring wakes one of them: whoever then finds something rings for the next. */
export interface Bell {
  /** Something may be claimable now: by any claimer of this bot, or by this one alone. Wakes it, or whoever comes to wait next. */
  ring(botId: string, claimer?: string): void;
  /** Rings here and at all replicas. */
  announce(botId: string, claimer?: string): void;
  /** Resolves when it rings for this claimer, after `ms`, or when the signal fires, whichever comes first. */
  wait(waiter: Waiter, ms: number, signal: AbortSignal): Promise<void>;
  /** Sends all home who wait, so that nobody holds up the end of this process. Who comes later waits for a moment only. */
  close(): void;
  readonly isClosed: boolean;
}

export interface Waiter {
  readonly botId: string;
  readonly claimer: string;
}

interface Waiting extends Waiter {
  readonly wake: () => void;
}

/** Rings that nobody waited for, the latest of them: claimers who are gone never come to hear theirs. */
const MAX_MISSED = 1_000;
/** Of who comes after the end: else it would ask again and again without a pause. */
const CLOSED_MS = 250;

/** @param tellReplicas brings a ring to the other replicas; whoever misses it looks again after a while */
export function createBell(tellReplicas: (botId: string, claimer?: string) => void = () => {}): Bell {
  const waiting = new Set<Waiting>();
  const missed = new LRUCache<string, true>({ max: MAX_MISSED });
  let isClosed = false;

  const ring = (botId: string, claimer?: string) => {
    const isMeant = (waiter: Waiter) => waiter.botId === botId && (claimer === undefined || waiter.claimer === claimer);
    const waiter = [...waiting].find(isMeant);
    if (waiter !== undefined) waiter.wake();
    else missed.set(nameOf(botId, claimer), true);
  };

  return {
    ring,
    announce(botId, claimer) {
      ring(botId, claimer);
      tellReplicas(botId, claimer);
    },
    wait(waiter, ms, signal) {
      const { botId, claimer } = waiter;
      const wasRung = missed.delete(nameOf(botId, claimer)) || missed.delete(nameOf(botId));
      if (signal.aborted || wasRung) return Promise.resolve();
      return new Promise((resolve) => {
        const place: Waiting = { ...waiter, wake: () => leave() };
        const leave = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", leave);
          waiting.delete(place);
          resolve();
        };
        const timer = setTimeout(leave, isClosed ? Math.min(ms, CLOSED_MS) : ms);
        signal.addEventListener("abort", leave, { once: true });
        waiting.add(place);
      });
    },
    close() {
      isClosed = true;
      for (const { wake } of waiting) wake();
    },
    get isClosed() {
      return isClosed;
    },
  };
}

function nameOf(botId: string, claimer?: string): string {
  return JSON.stringify([botId, claimer]);
}
