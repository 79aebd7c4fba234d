import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { batchName } from "../deliveries/names.js";
import { toBatch } from "../delivery-record.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import { storableName } from "../storable-name.js";

export function pauseBatch(
  deliveries: Pick<Deliveries, "pause">,
  bell: Pick<Bell, "ring">,
  now: Clock,
): MethodImpl<typeof StorageService.method.pauseBatch> {
  return async ({ userId, batchId }) => {
    const owned = { userId: storableName("user_id", userId), batchId: batchName(batchId) };
    const record = await deliveries.pause(owned, now());
    // What it was uploading is free for others.
    bell.ring(record.batch.bot_id);
    return { batch: toBatch(record) };
  };
}
