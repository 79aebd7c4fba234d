import { createBell, type Bell } from "../src/deliveries/bell.js";

/** What a timer takes at most: 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

/** A bell whose waits never end with their time: a ring, a signal or its end ends them. */
export interface PatientBell extends Bell {
  /** How many wait now. */
  readonly waiting: number;
}

export function createPatientBell(): PatientBell {
  const bell = createBell();
  let waiting = 0;
  return {
    ring: (...call) => bell.ring(...call),
    announce: (...call) => bell.announce(...call),
    close: () => bell.close(),
    async wait(waiter, _ms, signal) {
      waiting += 1;
      await bell.wait(waiter, FOREVER_MS, signal);
      waiting -= 1;
    },
    get isClosed() {
      return bell.isClosed;
    },
    get waiting() {
      return waiting;
    },
  };
}
