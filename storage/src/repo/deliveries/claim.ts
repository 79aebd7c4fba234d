import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql, { type Sql as Statement } from "sql-template-tag";
import { after } from "../../clock.js";
import type { Sql, SqlPool } from "../sql.js";
import { reap, type Reaped } from "./reap.js";
import { BATCH_COLUMNS, DELIVERY_COLUMNS, KNOWN_FILE, type BatchRow, type DeliveryRecord, type DeliveryRow } from "./rows.js";
import { TURN_MS } from "./rules.js";
import { verdict } from "./verdict.js";

export interface ClaimRequest {
  readonly botId: string;
  readonly claimer: string;
  /** Deliveries at most, from 1. */
  readonly limit: number;
  /** Deliveries of one batch that the claimer may hold at a time, from 1. */
  readonly limitPerBatch: number;
  readonly leaseMs: number;
}

export interface Claim {
  readonly deliveries: readonly DeliveryRecord[];
  readonly leaseUntil: Date;
  /** What was taken back before. */
  readonly reaped: Reaped;
}

/**
 * Hands out the deliveries whose turn it is, after it has taken back what others have lost. One claim at a time per bot: two at
 * once could both take one track's upload. All else goes on beside it, and a batch that is being changed is passed over.
 */
export function claim(db: SqlPool, request: ClaimRequest, now: Date): Promise<Claim> {
  const leaseUntil = after(now, request.leaseMs);
  return db.transaction(async (tx) => {
    await enter(tx, request.botId);
    const reaped = await reap(tx, request.botId, now);
    const deliveries: DeliveryRecord[] = [];
    for (let room = request.limit; room > 0; room = request.limit - deliveries.length) {
      const taken = await takeRound(tx, request, room, leaseUntil, now);
      if (taken.length === 0) break;
      deliveries.push(...taken);
    }
    return { deliveries, leaseUntil, reaped };
  });
}

/**
 * Waits for its turn to claim. The queue is read in the order of its index until there is enough: statistics that were taken while it
 * was short or long would have PostgreSQL sort all of it, which takes a hundred times as long.
 */
async function enter(db: Sql, botId: string): Promise<void> {
  await db.run(sql`
    SELECT pg_advisory_xact_lock(hashtextextended(${`refrain claims ${botId}`}, 0)), set_config('enable_sort', 'off', true)`);
}

/** Takes the next delivery of each batch whose turn it is. */
async function takeRound(db: Sql, request: ClaimRequest, room: number, leaseUntil: Date, now: Date): Promise<DeliveryRecord[]> {
  const batches = await lockBatches(db, request, room, now);
  if (batches.length === 0) return [];
  const taken = new Map((await takeHeads(db, batches, leaseUntil, now)).map((delivery) => [delivery.batch_id, delivery]));
  const holders = await noteHolder(db, [...taken.keys()], request.claimer);
  const records = new Map(holders.map((batch) => [batch.id, batch]));
  // In the order of their turns.
  return batches.flatMap((id) => {
    const [delivery, batch] = [taken.get(id), records.get(id)];
    return delivery && batch ? [{ delivery, batch }] : [];
  });
}

/** What expires while it is paused is handed out too: its listener has to be told. */
function isRunning(now: Date): Statement {
  return sql`(NOT b.paused OR b.expires_at <= ${now})`;
}

/** Batches with something for this claimer, those with the earliest turn first, locked. */
async function lockBatches(db: Sql, { botId, claimer, limitPerBatch }: ClaimRequest, room: number, now: Date): Promise<string[]> {
  const rows = await db.write<{ id: string }>(sql`
    SELECT b.id FROM delivery_batches b
    CROSS JOIN LATERAL (
      SELECT d.track_key, d.format, d.bot_id, d.resends, d.attempts, d.failure_reason FROM deliveries d
      WHERE d.batch_id = b.id AND d.state = ${DeliveryState.PENDING} ORDER BY d.place LIMIT 1
    ) d
    ${KNOWN_FILE}
    WHERE b.bot_id = ${botId} AND b.wake_at IS NOT NULL AND b.wake_at <= ${now} AND ${isRunning(now)}
      AND (b.claimer IS NULL OR (b.claimer = ${claimer} AND b.held < ${limitPerBatch}))
      AND (f.file_id IS NOT NULL OR ${verdict(now)} IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM deliveries u
        WHERE u.uploads AND u.bot_id = d.bot_id AND u.track_key = d.track_key AND u.format = d.format))
    ORDER BY b.turn, b.created_at LIMIT ${room}
    FOR UPDATE OF b SKIP LOCKED`);
  return rows.map(({ id }) => id);
}

/**
 * Claims the first pending delivery of each locked batch, which nobody else can change any more. What was seen before the lock is
 * looked at again. Of several that would upload the same track, the first one does, and the others wait for its file id.
 */
function takeHeads(db: Sql, batchIds: readonly string[], leaseUntil: Date, now: Date): Promise<DeliveryRow[]> {
  return db.write<DeliveryRow>(sql`
    WITH head AS (
      SELECT DISTINCT ON (d.batch_id) d.id, d.batch_id, d.bot_id, d.track_key, d.format, d.not_before, d.resends, d.attempts, d.failure_reason
      FROM deliveries d WHERE d.batch_id = ANY(${batchIds}::uuid[]) AND d.state = ${DeliveryState.PENDING}
      ORDER BY d.batch_id, d.place
    ), due AS (
      SELECT d.*, b.token + 1 AS next_token, f.file_id, ${verdict(now)} AS verdict, f.file_id IS NULL AND ${verdict(now)} IS NULL AS needs_upload,
        row_number() OVER (PARTITION BY d.bot_id, d.track_key, d.format, f.file_id IS NULL AND ${verdict(now)} IS NULL
          ORDER BY b.turn, b.created_at) AS rank
      FROM head d JOIN delivery_batches b ON b.id = d.batch_id ${KNOWN_FILE}
      WHERE d.not_before <= ${now} AND ${isRunning(now)}
    )
    UPDATE deliveries d SET
      state = ${DeliveryState.CLAIMED}, attempts = d.attempts + 1, token = due.next_token, lease_until = ${leaseUntil},
      uploads = due.needs_upload,
      failure_reason = coalesce(due.verdict, '')
    FROM due
    WHERE d.id = due.id AND (NOT due.needs_upload OR due.rank = 1 AND NOT EXISTS (
      SELECT 1 FROM deliveries u
      WHERE u.uploads AND u.bot_id = due.bot_id AND u.track_key = due.track_key AND u.format = due.format))
    RETURNING ${DELIVERY_COLUMNS}, due.file_id`);
}

/** The batch's holder, and its next turn: the more of its user's batches wait, the later. */
function noteHolder(db: Sql, batchIds: readonly string[], claimer: string): Promise<BatchRow[]> {
  return db.write<BatchRow>(sql`
    UPDATE delivery_batches b SET
      claimer = ${claimer}, held = b.held + 1, token = b.token + 1,
      wake_at = (SELECT d.not_before FROM deliveries d
        WHERE d.batch_id = b.id AND d.state = ${DeliveryState.PENDING} ORDER BY d.place LIMIT 1),
      turn = b.turn + ${TURN_MS} * interval '1 ms' * (SELECT count(*) FROM delivery_batches o
        WHERE o.user_id = b.user_id AND o.bot_id = b.bot_id AND o.open > 0)
    WHERE b.id = ANY(${batchIds}::uuid[])
    RETURNING ${BATCH_COLUMNS}`);
}
