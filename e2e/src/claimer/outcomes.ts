import { create } from "@bufbuild/protobuf";
import {
  type CompleteDeliveryRequest,
  type FailedOutcome,
  FailedOutcomeSchema,
  SentOutcomeSchema,
} from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { Verdict } from "./messages.js";

export type Outcome = CompleteDeliveryRequest["outcome"];

const RETRY_AFTER_MS = 150;

/** What storage is told of Telegram's answer. */
export function outcomeOf(verdict: Verdict): Outcome {
  switch (verdict.kind) {
    case "taken": {
      const { messageId, fileId } = verdict;
      return {
        case: "sent",
        value: create(SentOutcomeSchema, { messageId: BigInt(messageId), telegramFileId: fileId, save: true }),
      };
    }
    case "flood":
      return failedForNow("RATE_LIMITED");
    case "gone":
      return failed("CHAT_GONE");
    case "silence":
      return failedForNow("TELEGRAM_UNAVAILABLE", { maybeSent: true });
  }
}

/** Worth another attempt, soon. */
export function failedForNow(reason: string, details: Partial<Pick<FailedOutcome, "maybeSent">> = {}): Outcome {
  return failed(reason, { retryable: true, retryAfterMs: RETRY_AFTER_MS, ...details });
}

export function failed(
  reason: string,
  details: Partial<Pick<FailedOutcome, "retryable" | "retryAfterMs" | "maybeSent">> = {},
): Outcome {
  return { case: "failed", value: create(FailedOutcomeSchema, { reason, ...details }) };
}
