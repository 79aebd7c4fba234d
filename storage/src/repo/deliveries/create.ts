import { randomUUID } from "node:crypto";
import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql from "sql-template-tag";
import { after } from "../../clock.js";
import type { TrackRecord } from "../known-tracks.js";
import type { Sql, SqlPool } from "../sql.js";
import { seeUser } from "../users.js";
import { DeliveryRefusedError } from "./refused-error.js";
import { BATCH_COLUMNS, countStates, type BatchRecord, type BatchRow } from "./rows.js";
import { MAX_OPEN, TURN_MS } from "./rules.js";

/** What is to be delivered, and to whom. */
export interface NewBatch {
  readonly botId: string;
  /** The caller's name of the request, unique per bot. */
  readonly requestKey: string;
  readonly userId: string;
  readonly chatId: bigint;
  readonly title: string;
  readonly context: Uint8Array;
  readonly cardMessageId: bigint;
  readonly ttlSeconds: number;
  readonly deliveries: readonly NewDelivery[];
}

interface NewDelivery extends TrackRecord {
  /** Number of refrain.music.v1.AudioFormat, never UNSPECIFIED. */
  readonly format: number;
}

export interface CreatedBatch extends BatchRecord {
  readonly deliveryIds: readonly string[];
  /** False: it was there before. */
  readonly created: boolean;
  /** True: this user was never seen before. */
  readonly newUser: boolean;
}

/**
 * Keeps a batch, or finds the one that was kept under its request key before.
 *
 * @throws {DeliveryRefusedError} TOO_MANY_DELIVERIES
 */
export function createBatch(db: SqlPool, batch: NewBatch, now: Date): Promise<CreatedBatch> {
  return db.transaction(async (tx) => {
    const before = await find(tx, batch);
    if (before !== undefined) return before;
    await refuseTooMany(tx, batch);
    const added = await insertBatch(tx, batch, now);
    // Somebody else was faster with the same key, and has committed since we looked.
    if (added === undefined) return (await find(tx, batch)) ?? vanished();
    const deliveryIds = await insertDeliveries(tx, added.id, batch, now);
    const newUser = await seeUser(tx, batch.userId, now);
    return { batch: added, counts: new Map([[DeliveryState.PENDING, added.open]]), deliveryIds, created: true, newUser };
  });
}

async function find(db: Sql, { botId, requestKey }: NewBatch): Promise<CreatedBatch | undefined> {
  const [batch] = await db.read<BatchRow>(sql`
    SELECT ${BATCH_COLUMNS} FROM delivery_batches b WHERE b.bot_id = ${botId} AND b.request_key = ${requestKey}`);
  if (batch === undefined) return undefined;
  const ids = await db.read<{ id: string }>(sql`
    SELECT id FROM deliveries WHERE batch_id = ${batch.id}::uuid ORDER BY position`);
  const counts = await countStates(db, batch.id);
  return { batch, counts, deliveryIds: ids.map(({ id }) => id), created: false, newUser: false };
}

/** Not to the last one: of several requests at once each may still find room. */
async function refuseTooMany(db: Sql, { userId, botId, deliveries }: NewBatch): Promise<void> {
  const [row] = await db.read<{ open: number }>(sql`
    SELECT coalesce(sum(open), 0)::int AS open FROM delivery_batches
    WHERE user_id = ${userId} AND bot_id = ${botId} AND open > 0`);
  if ((row?.open ?? 0) + deliveries.length <= MAX_OPEN) return;
  throw new DeliveryRefusedError("TOO_MANY_DELIVERIES", `a user may have ${MAX_OPEN} unfinished deliveries`, {
    limit: String(MAX_OPEN),
  });
}

/**
 * Its turn is now, or behind what the user waits for already. Where the queue has run ahead of the clock, because somebody had
 * it alone, it is the turn that is served now: a newcomer neither waits for that backlog nor pushes it back.
 */
function insertBatch(db: Sql, batch: NewBatch, now: Date): Promise<BatchRow | undefined> {
  const { botId, requestKey, userId, chatId, title, context, cardMessageId, ttlSeconds, deliveries } = batch;
  const turn = sql`greatest(${now}::timestamptz,
    (SELECT turn FROM delivery_batches
      WHERE bot_id = ${botId} AND wake_at IS NOT NULL AND NOT paused AND wake_at <= ${now} ORDER BY turn LIMIT 1),
    (SELECT max(turn) + ${TURN_MS} * interval '1 ms' FROM delivery_batches
      WHERE user_id = ${userId} AND bot_id = ${botId} AND open > 0))`;
  return db
    .write<BatchRow>(
      sql`
    INSERT INTO delivery_batches AS b (id, bot_id, request_key, user_id, chat_id, title, context, card_message_id, turn, wake_at,
      open, ttl_seconds, created_at, expires_at)
    VALUES (${randomUUID()}::uuid, ${botId}, ${requestKey}, ${userId}, ${chatId}, ${title}, ${context}, ${cardMessageId}, ${turn},
      ${now}, ${deliveries.length}, ${ttlSeconds}, ${now}, ${after(now, ttlSeconds * 1_000)})
    ON CONFLICT (bot_id, request_key) DO NOTHING
    RETURNING ${BATCH_COLUMNS}`,
    )
    .then(([row]) => row);
}

async function insertDeliveries(db: Sql, batchId: string, { botId, deliveries }: NewBatch, now: Date): Promise<string[]> {
  const ids = deliveries.map(() => randomUUID());
  const tracks = deliveries.map(({ bytes }) => Buffer.from(bytes));
  await db.run(sql`
    INSERT INTO deliveries (id, batch_id, bot_id, position, place, track_key, format, track, state, not_before)
    SELECT id, ${batchId}::uuid, ${botId}, place - 1, place - 1, track_key, format, track, ${DeliveryState.PENDING}, ${now}
    FROM unnest(${ids}::uuid[], ${deliveries.map(({ key }) => key)}::text[], ${deliveries.map(({ format }) => format)}::smallint[],
      ${tracks}::bytea[]) WITH ORDINALITY AS new (id, track_key, format, track, place)`);
  return ids;
}

function vanished(): never {
  throw new Error("a batch was in the way and is gone");
}
