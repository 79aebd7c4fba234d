import { raw } from "sql-template-tag";

/** Rows per statement of work that can wait: the embedded database answers nobody else meanwhile. */
export const BATCH = 500;
/** A number and not a parameter: a plan for any number would take it for a tenth of the table. */
export const BATCH_LIMIT = raw(`LIMIT ${BATCH}`);

/** Repeats a step of BATCH_LIMIT rows until one finds fewer, or `signal` aborts. Returns how many rows there were. */
export async function inBatches(step: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (let rows = BATCH; rows === BATCH && !signal.aborted; total += rows) rows = await step();
  return total;
}
