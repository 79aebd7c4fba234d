import { type Clock, pause } from "../../clock.js";

/** Of BullMQ's queues, workers and listeners. */
interface Made {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<unknown>;
}

const RETRY_MS = 500;

/**
 * Makes something of BullMQ's that works. Each asks Redis once when it is made; when just that fails, it never works again, and
 * another one has to be made.
 *
 * @throws the signal's reason
 */
export async function madeReady<T extends Made>(make: () => T, clock: Clock, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const made = make();
    if (await isReady(made, signal)) return made;
    made.close().catch(() => {}); // it has nothing that could be lost
    await pause(clock, RETRY_MS, signal);
  }
}

function isReady(made: Made, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = () => resolve(false);
    signal.addEventListener("abort", giveUp, { once: true });
    made
      .waitUntilReady()
      .then(
        () => resolve(true),
        () => resolve(false), // Redis went away just then
      )
      .finally(() => signal.removeEventListener("abort", giveUp));
  });
}
