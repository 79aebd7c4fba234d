import { LRUCache } from "lru-cache";

/** Of one answer, beside its bytes and its name. */
const OVERHEAD_BYTES = 200;
/** How old an answer of this replica may be, when another has replaced or removed its entry. */
const HELD_MS = 10_000;

/** One reading of the database: what it found may be held unless something was replaced meanwhile. */
export type Reading = number;

interface Held {
  readonly bytes: Uint8Array;
  readonly untilMs: number;
}

/**
 * Answers that this replica gives without asking the database: of entries that are fresh and complete, each for 10 s at most and
 * never longer than it is fresh. Bounded by bytes; what was not asked for longest goes first.
 */
export class FreshAnswers {
  readonly #held: LRUCache<string, Held>;
  #replaced = 0;

  /** @param maxBytes memory for all of them */
  constructor(maxBytes: number) {
    this.#held = new LRUCache({
      maxSize: maxBytes,
      // Two bytes for each character of a name at most.
      sizeCalculation: ({ bytes }, name) => bytes.byteLength + 2 * name.length + OVERHEAD_BYTES,
    });
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#held.calculatedSize;
  }

  /** The answer of a search by its name, serialised. */
  find(name: string, now: Date): Uint8Array | undefined {
    const held = this.#held.get(name);
    if (held === undefined) return undefined;
    if (held.untilMs > now.getTime()) return held.bytes;
    this.#held.delete(name);
    return undefined;
  }

  /** Call before the database is read. */
  startReading(): Reading {
    return this.#replaced;
  }

  /** Holds what a reading that started at `now` found. Not when an entry was replaced since: it may have found the older one. */
  hold(name: string, bytes: Uint8Array, freshUntil: Date, now: Date, reading: Reading): void {
    if (reading !== this.#replaced) return;
    this.#held.set(name, { bytes, untilMs: Math.min(freshUntil.getTime(), now.getTime() + HELD_MS) });
  }

  /** Call when an entry was replaced, or may have been: the next one who asks reads the database. */
  drop(name: string): void {
    this.#replaced += 1;
    this.#held.delete(name);
  }
}
