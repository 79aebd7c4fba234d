import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { batchName } from "../deliveries/names.js";
import { toBatch } from "../delivery-record.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import { storableName } from "../storable-name.js";

export function retryBatch(
  deliveries: Pick<Deliveries, "retry">,
  bell: Pick<Bell, "announce">,
  now: Clock,
): MethodImpl<typeof StorageService.method.retryBatch> {
  return async ({ userId, batchId }) => {
    const owned = { userId: storableName("user_id", userId), batchId: batchName(batchId) };
    const { retried, ...record } = await deliveries.retry(owned, now());
    if (retried > 0) bell.announce(record.batch.bot_id);
    return { batch: toBatch(record), retried };
  };
}
