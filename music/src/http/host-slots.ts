/** Bounds how much is asked of one host at once. */
export interface HostSlots {
  /**
   * Waits for a turn.
   *
   * @returns what gives the turn back; harmless when called again. Rejects with the signal's reason when it fires before
   */
  take(host: string, signal: AbortSignal): Promise<() => void>;
}

interface Host {
  taken: number;
  /** In the order they came. */
  readonly waiting: Set<() => void>;
}

export function createHostSlots(perHost: number): HostSlots {
  const hosts = new Map<string, Host>();

  function release(name: string, host: Host): void {
    host.taken -= 1;
    const [next] = host.waiting;
    if (next) {
      host.waiting.delete(next);
      next();
    } else if (host.taken === 0) hosts.delete(name);
  }

  return {
    take(name, signal) {
      const host = hosts.get(name) ?? { taken: 0, waiting: new Set() };
      hosts.set(name, host);
      return new Promise((resolve, reject) => {
        const grant = () => {
          signal.removeEventListener("abort", leave);
          host.taken += 1;
          let held = true;
          resolve(() => {
            if (held) release(name, host);
            held = false;
          });
        };
        const leave = () => {
          host.waiting.delete(grant);
          reject(signal.reason);
        };
        if (signal.aborted) return leave();
        if (host.taken < perHost) return grant();
        host.waiting.add(grant);
        signal.addEventListener("abort", leave, { once: true });
      });
    },
  };
}
