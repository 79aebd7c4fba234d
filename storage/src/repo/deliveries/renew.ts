import sql from "sql-template-tag";
import type { Sql } from "../sql.js";
import type { HeldDelivery } from "./held.js";

/**
 * Prolongs leases. Returns, in the order asked, which are still held. It takes no lock of a batch: whoever takes a lease away looks
 * again whether it has run out. The rows are locked in the order of others that lock several.
 */
export async function renew(db: Sql, held: readonly HeldDelivery[], leaseUntil: Date): Promise<readonly boolean[]> {
  const rows = await db.write<{ place: bigint }>(sql`
    WITH asked AS (
      SELECT * FROM unnest(${held.map(({ deliveryId }) => deliveryId)}::uuid[], ${held.map(({ token }) => token)}::bigint[])
        WITH ORDINALITY AS asked (id, token, place)
    ), held AS (
      SELECT asked.place, d.id FROM asked JOIN deliveries d ON d.id = asked.id AND d.token = asked.token AND d.state IN (2, 3)
      ORDER BY d.batch_id, d.position FOR UPDATE OF d
    ), renewed AS (
      UPDATE deliveries d SET lease_until = ${leaseUntil} FROM held WHERE d.id = held.id RETURNING d.id
    )
    SELECT held.place FROM held JOIN renewed ON renewed.id = held.id`);
  const places = new Set(rows.map(({ place }) => Number(place)));
  return held.map((_, index) => places.has(index + 1));
}
