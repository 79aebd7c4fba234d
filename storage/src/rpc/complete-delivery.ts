import type { MethodImpl } from "@connectrpc/connect";
import { DeliveryState, type CompleteDeliveryRequest } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { heldDelivery } from "../deliveries/names.js";
import { toBatch, toDelivery } from "../delivery-record.js";
import type { Completion, Outcome } from "../repo/deliveries/complete.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import type { DeliveryRow } from "../repo/deliveries/rows.js";
import type { Counts } from "../statistics/counts.js";
import { searchText } from "../search-text.js";
import { storableName } from "../storable-name.js";
import { toTrack } from "../track-record.js";

export function completeDelivery(
  deliveries: Pick<Deliveries, "complete">,
  bell: Pick<Bell, "announce" | "ring">,
  counts: Counts,
  now: Clock,
): MethodImpl<typeof StorageService.method.completeDelivery> {
  return async (request) => {
    const completion = await deliveries.complete(heldDelivery(request), toOutcome(request.outcome), now());
    if (completion.changed) {
      count(counts, completion.delivery);
      tellClaimers(bell, completion);
    }
    return { delivery: toDelivery(completion), batch: toBatch(completion) };
  };
}

/** The rest of a batch is its holder's, wherever that waits; what waited for this upload is anybody's. */
function tellClaimers(bell: Pick<Bell, "announce" | "ring">, { batch, freed }: Completion): void {
  if (batch.claimer !== null) bell.announce(batch.bot_id, batch.claimer);
  if (freed || (batch.claimer === null && batch.open > 0)) bell.ring(batch.bot_id);
}

function toOutcome(outcome: CompleteDeliveryRequest["outcome"]): Outcome {
  switch (outcome.case) {
    case "sent": {
      const { messageId, telegramFileId, save, sizeBytes } = outcome.value;
      const fileId = storableName("sent.telegram_file_id", telegramFileId);
      return { kind: "sent", messageId, fileId, save: save ? { sizeBytes, searchTextOf } : undefined };
    }
    case "failed": {
      const { reason, retryable, retryAfterMs, maybeSent } = outcome.value;
      return { kind: "failed", reason, retryable, retryAfterMs, maybeSent };
    }
    case "cancelled":
      return { kind: "cancelled" };
    case undefined:
      // Validation has refused it.
      throw new Error("a completion without an outcome");
  }
}

function searchTextOf(bytes: Uint8Array): string {
  return searchText(toTrack(bytes));
}

function count(counts: Counts, { state, failure_reason: reason }: DeliveryRow): void {
  if (state === DeliveryState.SENT) counts.add("deliveries_sent");
  if (state === DeliveryState.CANCELLED) counts.add("deliveries_cancelled");
  if (state === DeliveryState.FAILED) counts.add(`deliveries_failed/${reason}`);
}
