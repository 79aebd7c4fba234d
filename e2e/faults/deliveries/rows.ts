import type { Postgres } from "./postgres.js";

/** A delivery, as the database has it in the end. */
export interface DeliveryRow {
  readonly id: string;
  readonly batch_id: string;
  readonly position: number;
  readonly state: number;
  readonly resends: number;
  readonly failure_reason: string;
  readonly message_id: string;
  readonly finished_at: Date | null;
  readonly created_at: Date;
  readonly request_key: string;
}

export const SENT = 4;
export const FAILED = 5;
export const CANCELLED = 6;
/** The first of the final states. */
const FINAL = SENT;

export function readDeliveries(postgres: Postgres): Promise<DeliveryRow[]> {
  return postgres.rows<DeliveryRow>(`
    SELECT d.id, d.batch_id, d.position, d.state, d.resends, d.failure_reason, d.message_id, d.finished_at, b.created_at, b.request_key
    FROM deliveries d JOIN delivery_batches b ON b.id = d.batch_id`);
}

/** Deliveries that are not final; undefined while the database is away. */
export async function countOpen(postgres: Postgres): Promise<number | undefined> {
  const sql = `SELECT count(*)::int AS open FROM deliveries WHERE state < ${FINAL}`;
  return (await postgres.rowsNow<{ open: number }>(sql))?.[0]?.open;
}

/** Batches that look as if there were work left, though all their deliveries are final; and leftovers of claims. */
export async function countLeftovers(postgres: Postgres): Promise<number> {
  const [row] = await postgres.rows<{ count: number }>(`
    SELECT (SELECT count(*) FROM delivery_batches WHERE open <> 0 OR held <> 0 OR claimer IS NOT NULL OR finished_at IS NULL)::int
      + (SELECT count(*) FROM deliveries WHERE uploads)::int AS count`);
  return row?.count ?? 0;
}

/** Plays that the charts have counted. */
export async function countPlays(postgres: Postgres): Promise<number> {
  const [row] = await postgres.rows<{ plays: number }>(`SELECT coalesce(sum(plays_total), 0)::int AS plays FROM track_totals`);
  return row?.plays ?? 0;
}

/** Finished batches with failures, some of them. */
export async function someFailed(postgres: Postgres): Promise<readonly { id: string; user_id: string }[]> {
  const failed = await postgres.rowsNow<{ id: string; user_id: string }>(`
    SELECT b.id, b.user_id FROM delivery_batches b
    WHERE b.finished_at IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries d WHERE d.batch_id = b.id AND d.state = ${FAILED})
    ORDER BY b.finished_at DESC LIMIT 3`);
  return failed ?? [];
}
