import type { NumberedEvent, PlaygroundEvent } from "../shapes/page-api.js";

/** Events kept for readers that come late or come back. */
const HISTORY = 500;

/** The stream of everything that happens, numbered from 1 in this process. */
export interface Feed {
  publish(event: PlaygroundEvent): void;
  /** Number of the latest event; 0 before the first. */
  readonly seq: number;
  /** Kept events after `seq`, oldest first; undefined when some of them are gone already. */
  since(seq: number): NumberedEvent[] | undefined;
  /** Calls back for each new event until the returned function is called. */
  subscribe(listener: (event: NumberedEvent) => void): () => void;
}

export function createFeed(): Feed {
  const listeners = new Set<(event: NumberedEvent) => void>();
  const history: NumberedEvent[] = [];
  let seq = 0;
  return {
    get seq() {
      return seq;
    },
    publish(event) {
      const numbered = { ...event, seq: ++seq };
      history.push(numbered);
      if (history.length > HISTORY) history.shift();
      for (const listener of listeners) listener(numbered);
    },
    since(after) {
      const oldest = history[0]?.seq ?? seq + 1;
      if (after > seq || after < oldest - 1) return undefined;
      return history.filter((event) => event.seq > after);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
