import sql from "sql-template-tag";
import type { Sql } from "../sql.js";

/**
 * Derives a batch's columns for the queue from its deliveries. Every transaction that changes deliveries locks their batches
 * first and ends with this, so the columns cannot drift from the rows.
 *
 * A batch that has to wait takes its turn from the moment it wakes: else its old turn would put it in front of everybody.
 */
export async function settle(db: Sql, batchIds: readonly string[], now: Date): Promise<void> {
  await db.run(sql`
    UPDATE delivery_batches b SET
      open = s.open, held = s.held, wake_at = s.wake_at, turn = greatest(b.turn, s.wake_at),
      claimer = CASE WHEN s.held > 0 THEN b.claimer END,
      finished_at = CASE WHEN s.open = 0 THEN coalesce(b.finished_at, ${now}) END
    FROM (
      SELECT batch_id,
        count(*) FILTER (WHERE state < 4)::int AS open,
        count(*) FILTER (WHERE state IN (2, 3))::int AS held,
        (array_agg(not_before ORDER BY place) FILTER (WHERE state = 1))[1] AS wake_at
      FROM deliveries WHERE batch_id = ANY(${batchIds}::uuid[]) GROUP BY batch_id
    ) s
    WHERE b.id = s.batch_id`);
}
