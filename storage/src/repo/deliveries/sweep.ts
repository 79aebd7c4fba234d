import sql, { raw } from "sql-template-tag";
import { after } from "../../clock.js";
import type { Sql } from "../sql.js";

/** Batches per statement. Each may have hundreds of deliveries, which go with it. */
const AT_ONCE = 50;
/** A number and not a parameter: a plan for any number would take it for a tenth of the table. */
const BATCH_LIMIT = raw(`LIMIT ${AT_ONCE}`);
const DAY_MS = 86_400_000;

/** Removes batches that have been finished for so many days. Returns how many. Stops early when `signal` aborts. */
export async function sweepFinished(db: Sql, days: number, now: Date, signal: AbortSignal): Promise<number> {
  const before = after(now, -days * DAY_MS);
  let total = 0;
  for (let removed = AT_ONCE; removed === AT_ONCE && !signal.aborted; total += removed) {
    removed = await db.run(sql`
      DELETE FROM delivery_batches WHERE id IN (
        SELECT id FROM delivery_batches WHERE finished_at <= ${before} ${BATCH_LIMIT} FOR UPDATE SKIP LOCKED)`);
  }
  return total;
}
