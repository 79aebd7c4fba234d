import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import type { Sql } from "../sql.js";
import { MAX_ATTEMPTS, MAX_FAREWELLS } from "./rules.js";
import { settle } from "./settle.js";

/** Leases per transaction. */
const AT_ONCE = 100;

/**
 * Takes back what is held with leases that have run out. What was SENDING may have arrived: that is counted, and limits how often
 * it is sent. What has ended its claimers often enough fails for good. Returns how many were taken out of SENDING.
 */
export async function reap(db: Sql, botId: string, now: Date): Promise<number> {
  const isExpired = sql`d.state IN (2, 3) AND d.lease_until <= ${now}`;
  const expired = await db.write<{ id: string }>(sql`
    SELECT b.id FROM delivery_batches b
    WHERE b.id IN (SELECT d.batch_id FROM deliveries d WHERE d.bot_id = ${botId} AND ${isExpired} ORDER BY d.lease_until LIMIT ${AT_ONCE})
    FOR UPDATE SKIP LOCKED`);
  if (expired.length === 0) return 0;
  const ids = expired.map(({ id }) => id);
  const hopeless = sql`attempts >= ${MAX_ATTEMPTS + MAX_FAREWELLS}`;
  const taken = await db.write<{ resent: boolean }>(sql`
    UPDATE deliveries d SET
      state = CASE WHEN ${hopeless} THEN ${DeliveryState.FAILED}::smallint ELSE ${DeliveryState.PENDING}::smallint END,
      failure_reason = CASE WHEN ${hopeless} AND failure_reason = '' THEN 'TOO_MANY_ATTEMPTS' ELSE failure_reason END,
      finished_at = CASE WHEN ${hopeless} THEN ${now}::timestamptz END,
      resends = resends + CASE WHEN state = ${DeliveryState.SENDING} THEN 1 ELSE 0 END,
      not_before = ${now}, uploads = false
    FROM (SELECT id, state AS was FROM deliveries WHERE batch_id = ANY(${ids}::uuid[])) before
    WHERE d.id = before.id AND ${isExpired}
    RETURNING before.was = ${DeliveryState.SENDING} AS resent`);
  await settle(db, ids, now);
  return taken.filter(({ resent }) => resent).length;
}
