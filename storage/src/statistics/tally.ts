import type { DayCount } from "../repo/day-counts.js";

/** What is counted per day. A failure is counted by its reason (UPPER_SNAKE). */
export type CountName =
  | "new_users"
  | "active_users"
  | "searches"
  | "search_hits"
  | "deliveries_created"
  | "deliveries_sent"
  | "deliveries_cancelled"
  | "deliveries_resent"
  | `${typeof FAILED}${string}`;

/** Start of the names of failures. */
export const FAILED = "deliveries_failed/";
/** Callers name the reasons, so their number has a bound: of each day, and each replica. */
const MAX_REASONS = 50;
const OTHER: CountName = `${FAILED}OTHER`;

interface Day {
  readonly counts: Map<CountName, number>;
  readonly reasons: Set<CountName>;
}

/** Counts per day and name, in memory. */
export class Tally {
  readonly #days = new Map<string, Day>();

  /** @param day as `YYYY-MM-DD` */
  add(day: string, name: CountName, by: number): void {
    const { counts, reasons } = this.#on(day);
    const bounded = name.startsWith(FAILED) ? boundedReason(reasons, name) : name;
    counts.set(bounded, (counts.get(bounded) ?? 0) + by);
  }

  /** What was added since the last time. */
  take(): DayCount[] {
    const taken = [...this.#days].flatMap(([day, { counts }]) => [...counts].map(([name, value]) => ({ day, name, value })));
    for (const { counts } of this.#days.values()) counts.clear();
    // The last day keeps its reasons, for its bound; the days before are over.
    for (const day of [...this.#days.keys()].toSorted().slice(0, -1)) this.#days.delete(day);
    return taken;
  }

  #on(day: string): Day {
    const known = this.#days.get(day);
    if (known) return known;
    const added: Day = { counts: new Map(), reasons: new Set() };
    this.#days.set(day, added);
    return added;
  }
}

function boundedReason(reasons: Set<CountName>, name: CountName): CountName {
  if (reasons.has(name)) return name;
  if (reasons.size >= MAX_REASONS) return OTHER;
  reasons.add(name);
  return name;
}
