import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import type { Sql } from "../sql.js";
import { MAX_ATTEMPTS, MAX_FAREWELLS } from "./rules.js";
import { settle } from "./settle.js";
import { verdict } from "./verdict.js";

/** Leases per transaction. */
const AT_ONCE = 100;

interface TakenRow {
  readonly state: DeliveryState;
  readonly failure_reason: string;
  readonly resent: boolean;
}

/** What became of deliveries that were taken back. */
export interface Reaped {
  /** How many were found in SENDING, and will be sent again. */
  readonly resent: number;
  /** Why others failed for good, a reason for each. */
  readonly failed: readonly string[];
}

/**
 * Takes back what is held with leases that have run out. What was SENDING may have arrived: that is counted, and limits how often
 * it is sent. What has ended its claimers often enough fails for good.
 */
export async function reap(db: Sql, botId: string, now: Date): Promise<Reaped> {
  const isExpired = sql`d.state IN (2, 3) AND d.lease_until <= ${now}`;
  const expired = await db.write<{ id: string }>(sql`
    SELECT b.id FROM delivery_batches b
    WHERE b.id IN (SELECT d.batch_id FROM deliveries d WHERE d.bot_id = ${botId} AND ${isExpired} ORDER BY d.lease_until LIMIT ${AT_ONCE})
    FOR UPDATE SKIP LOCKED`);
  if (expired.length === 0) return { resent: 0, failed: [] };
  const ids = expired.map(({ id }) => id);
  const hopeless = sql`d.attempts >= ${MAX_ATTEMPTS + MAX_FAREWELLS}`;
  const taken = await db.write<TakenRow>(sql`
    UPDATE deliveries d SET
      state = CASE WHEN ${hopeless} THEN ${DeliveryState.FAILED}::smallint ELSE ${DeliveryState.PENDING}::smallint END,
      failure_reason = CASE WHEN ${hopeless} AND d.failure_reason = '' THEN 'TOO_MANY_ATTEMPTS' ELSE d.failure_reason END,
      finished_at = CASE WHEN ${hopeless} THEN ${now}::timestamptz END,
      resends = d.resends + CASE WHEN d.state = ${DeliveryState.SENDING} THEN 1 ELSE 0 END,
      not_before = ${now}, uploads = false
    FROM deliveries before JOIN delivery_batches b ON b.id = before.batch_id
    WHERE d.id = before.id AND before.batch_id = ANY(${ids}::uuid[]) AND ${isExpired}
    RETURNING d.state, d.failure_reason, before.state = ${DeliveryState.SENDING} AND ${verdict(now)} IS NULL AS resent`);
  await settle(db, ids, now);
  const failed = taken.filter(({ state }) => state === DeliveryState.FAILED);
  return { resent: taken.filter(({ resent }) => resent).length, failed: failed.map(({ failure_reason: reason }) => reason) };
}
