import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import sql, { type Sql as Statement } from "sql-template-tag";
import { after } from "../../clock.js";
import { countPlay } from "../charts.js";
import { markPlayed } from "../recent-tracks.js";
import { insertTrack } from "../saved-tracks.js";
import type { Sql, SqlPool } from "../sql.js";
import { keepFile } from "../telegram-files.js";
import { lockDelivery, refuseUnlessHeld, type HeldDelivery } from "./held.js";
import { DeliveryRefusedError } from "./refused-error.js";
import { countStates, type BatchRecord, type DeliveryRecord } from "./rows.js";
import { backoffMs } from "./rules.js";
import { settle } from "./settle.js";

/** How an attempt ended. */
export type Outcome =
  | {
      readonly kind: "sent";
      readonly messageId: bigint;
      /** Telegram's name of the file; empty: unchanged. */
      readonly fileId: string;
      /** Set: the track is added to the user's music, with the text that the filter of lists looks through. */
      readonly save: { readonly sizeBytes: bigint; readonly searchTextOf: (track: Uint8Array) => string } | undefined;
    }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly retryable: boolean;
      /** 0: as the backoff says. */
      readonly retryAfterMs: number;
      /** Telegram may have taken it all the same. */
      readonly maybeSent: boolean;
    }
  | { readonly kind: "cancelled" };

export interface Completion extends DeliveryRecord, BatchRecord {
  /** False: this claim had been completed before, and nothing changed. */
  readonly changed: boolean;
  /** True: deliveries of the same track may have waited for this one. */
  readonly freed: boolean;
}

/**
 * Ends an attempt. With the audio go its file id, the user's music, the plays and the counts: all of it or nothing.
 *
 * @throws {DeliveryRefusedError} DELIVERY_NOT_FOUND, LEASE_LOST, NOT_SENDING
 */
export function complete(db: SqlPool, held: HeldDelivery, outcome: Outcome, now: Date): Promise<Completion> {
  return db.transaction(async (tx) => {
    const record = await lockDelivery(tx, held.deliveryId);
    const changed = record.delivery.completed_token !== held.token;
    if (changed) {
      refuseUnlessHeld(record.delivery, held.token);
      await end(tx, record, outcome, now);
      await settle(tx, [record.batch.id], now);
    }
    const after = await lockDelivery(tx, held.deliveryId);
    const freed = changed && record.delivery.file_id === null;
    return { ...after, counts: await countStates(tx, record.batch.id), changed, freed };
  });
}

async function end(db: Sql, record: DeliveryRecord, outcome: Outcome, now: Date): Promise<void> {
  if (outcome.kind === "sent" && record.delivery.state !== DeliveryState.SENDING) {
    throw new DeliveryRefusedError("NOT_SENDING", "BeginSend comes before the audio");
  }
  await db.run(sql`
    UPDATE deliveries SET ${changes(record, outcome, now)}, uploads = false, completed_token = token
    WHERE id = ${record.delivery.id}::uuid`);
  if (outcome.kind === "sent") await keepWhatWasSent(db, record, outcome, now);
}

function changes({ delivery }: DeliveryRecord, outcome: Outcome, now: Date): Statement {
  switch (outcome.kind) {
    case "sent":
      return sql`state = ${DeliveryState.SENT}, message_id = ${outcome.messageId}, failure_reason = '', finished_at = ${now}`;
    case "cancelled":
      return sql`state = ${DeliveryState.CANCELLED}, finished_at = ${now}`;
    case "failed": {
      const { reason, retryable, retryAfterMs, maybeSent } = outcome;
      // What was given up is final, whatever its holder thinks.
      if (!retryable || delivery.failure_reason !== "") {
        return sql`state = ${DeliveryState.FAILED}, failure_reason = ${reason}, finished_at = ${now}`;
      }
      const notBefore = after(now, retryAfterMs || backoffMs(delivery.attempts));
      return sql`state = ${DeliveryState.PENDING}, failure_reason = ${reason}, not_before = ${notBefore},
        resends = resends + ${maybeSent ? 1 : 0}`;
    }
  }
}

/** Rows of several tables, always in this order: two that complete the same track at once wait for each other, and no more. */
async function keepWhatWasSent(
  db: Sql,
  { delivery, batch }: DeliveryRecord,
  { fileId, save }: Extract<Outcome, { kind: "sent" }>,
  now: Date,
): Promise<void> {
  const { bot_id: botId, user_id: userId } = batch;
  const { track_key: trackKey, format, track } = delivery;
  if (fileId !== "") await keepFile(db, { botId, trackKey, format }, fileId, now);
  if (save !== undefined) {
    const { sizeBytes, searchTextOf } = save;
    await insertTrack(db, { key: trackKey, bytes: track, userId, sizeBytes, searchText: searchTextOf(track) }, now);
  }
  await markPlayed(db, { userId, trackKey, track }, now);
  await countPlay(db, { trackKey, track }, now);
}
