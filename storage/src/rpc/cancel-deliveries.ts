import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { isId } from "../deliveries/names.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import type { Counts } from "../statistics/counts.js";
import { storableName } from "../storable-name.js";

export function cancelDeliveries(
  deliveries: Pick<Deliveries, "cancel">,
  bell: Pick<Bell, "ring">,
  counts: Counts,
  now: Clock,
): MethodImpl<typeof StorageService.method.cancelDeliveries> {
  return async ({ userId, botId, batchId, deliveryId }) => {
    // What cannot be a name of ours names nothing: there is nothing to cancel.
    if (![batchId, deliveryId].every((name) => name === "" || isId(name))) return {};
    const withdrawal = {
      userId: storableName("user_id", userId),
      botId: storableName("bot_id", botId),
      batchId: batchId || undefined,
      deliveryId: deliveryId || undefined,
    };
    const { cancelled, sending } = await deliveries.cancel(withdrawal, now());
    if (cancelled > 0) {
      counts.add("deliveries_cancelled", cancelled);
      bell.ring(botId);
    }
    return { cancelled, sending };
  };
}
