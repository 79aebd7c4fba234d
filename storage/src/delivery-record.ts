import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  BatchSchema,
  BatchState,
  DeliverySchema,
  DeliveryState,
  type Batch,
  type Delivery,
} from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { BatchRecord, BatchRow, DeliveryRecord } from "./repo/deliveries/rows.js";
import { toTrack } from "./track-record.js";

/** A delivery as callers get it. */
export function toDelivery({ delivery, batch }: DeliveryRecord): Delivery {
  return create(DeliverySchema, {
    id: delivery.id,
    batchId: batch.id,
    position: delivery.position,
    botId: batch.bot_id,
    userId: batch.user_id,
    chatId: batch.chat_id,
    track: toTrack(delivery.track),
    format: delivery.format,
    state: delivery.state,
    attempts: delivery.attempts,
    resends: delivery.resends,
    notBefore: timestampFromDate(delivery.not_before),
    cardMessageId: batch.card_message_id,
    taskId: delivery.task_id,
    telegramFileId: delivery.file_id ?? "",
    context: batch.context,
    failureReason: delivery.failure_reason,
    messageId: delivery.message_id,
    createdAt: timestampFromDate(batch.created_at),
    expiresAt: timestampFromDate(batch.expires_at),
    ...(delivery.finished_at && { finishedAt: timestampFromDate(delivery.finished_at) }),
  });
}

/** A batch as callers get it. */
export function toBatch({ batch, counts }: BatchRecord): Batch {
  const count = (state: DeliveryState) => counts.get(state) ?? 0;
  return create(BatchSchema, {
    id: batch.id,
    botId: batch.bot_id,
    userId: batch.user_id,
    chatId: batch.chat_id,
    title: batch.title,
    state: stateOf(batch),
    cardMessageId: batch.card_message_id,
    context: batch.context,
    counts: {
      pending: count(DeliveryState.PENDING),
      claimed: count(DeliveryState.CLAIMED),
      sending: count(DeliveryState.SENDING),
      sent: count(DeliveryState.SENT),
      failed: count(DeliveryState.FAILED),
      cancelled: count(DeliveryState.CANCELLED),
    },
    createdAt: timestampFromDate(batch.created_at),
  });
}

function stateOf({ open, paused }: BatchRow): BatchState {
  if (open === 0) return BatchState.FINISHED;
  return paused ? BatchState.PAUSED : BatchState.RUNNING;
}
