import { randomUUID } from "node:crypto";
import type { Fault, FaultKind } from "../shapes/page-api.js";

/** At most this many at a time: a test that forgets to clean up finds out. */
const MAX_FAULTS = 50;

/** Things that go wrong on purpose, each for a number of calls or until removed. */
export interface Faults {
  list(): Fault[];
  /** Throws a RangeError when there are too many. */
  add(fault: Omit<Fault, "id">): Fault;
  /** True when there was one. */
  remove(id: string): boolean;
  clear(): void;
  /** The first fault of this kind for this method, one use counted; undefined when there is none. */
  take(kind: FaultKind, method: string): Fault | undefined;
}

export function createFaults(changed: (faults: Fault[]) => void): Faults {
  let faults: Fault[] = [];
  const replace = (next: Fault[]): void => {
    faults = next;
    changed(faults);
  };
  return {
    list: () => faults,
    add(input) {
      if (faults.length >= MAX_FAULTS) throw new RangeError(`at most ${MAX_FAULTS} faults at a time`);
      const fault = { ...input, id: randomUUID() };
      replace([...faults, fault]);
      return fault;
    },
    remove(id) {
      const found = faults.some((fault) => fault.id === id);
      if (found) replace(faults.filter((fault) => fault.id !== id));
      return found;
    },
    clear: () => replace([]),
    take(kind, method) {
      const hit = faults.find((fault) => fault.kind === kind && matches(fault.method, method));
      if (hit?.remaining == null) return hit;
      const left = hit.remaining - 1;
      replace(faults.flatMap((fault) => (fault !== hit ? [fault] : left > 0 ? [{ ...fault, remaining: left }] : [])));
      return hit;
    },
  };
}

function matches(pattern: string, method: string): boolean {
  if (pattern === "*") return method !== "getupdates";
  return pattern.toLowerCase() === method;
}
