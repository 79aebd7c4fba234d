import sql from "sql-template-tag";
import type { SqlPool } from "../sql.js";
import type { HeldDelivery } from "./held.js";

/** Prolongs leases. Returns, in the order asked, which are still held. The batches are locked in one order, for two renewals may overlap. */
export async function renew(db: SqlPool, held: readonly HeldDelivery[], leaseUntil: Date): Promise<readonly boolean[]> {
  const rows = await db.write<{ place: bigint }>(sql`
    WITH asked AS (
      SELECT * FROM unnest(${held.map(({ deliveryId }) => deliveryId)}::uuid[], ${held.map(({ token }) => token)}::bigint[])
        WITH ORDINALITY AS asked (id, token, place)
    ), held AS (
      SELECT asked.place, d.batch_id FROM asked
      JOIN deliveries d ON d.id = asked.id AND d.token = asked.token AND d.state IN (2, 3)
    ), locked AS (
      SELECT b.id FROM delivery_batches b
      WHERE b.id IN (SELECT batch_id FROM held) AND b.claimer IS NOT NULL ORDER BY b.id FOR UPDATE
    ), renewed AS (
      UPDATE delivery_batches b SET lease_until = ${leaseUntil} FROM locked WHERE b.id = locked.id RETURNING b.id
    )
    SELECT held.place FROM held JOIN renewed ON renewed.id = held.batch_id`);
  const places = new Set(rows.map(({ place }) => Number(place)));
  return held.map((_, index) => places.has(index + 1));
}
