/** Rows per statement of work that can wait: the embedded database answers nobody else meanwhile. */
export const BATCH = 500;

/** Repeats a step of up to BATCH rows until one finds fewer, or `signal` aborts. Returns how many rows there were. */
export async function inBatches(step: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (let rows = BATCH; rows === BATCH && !signal.aborted; total += rows) rows = await step();
  return total;
}
