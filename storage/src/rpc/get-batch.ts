import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { batchName } from "../deliveries/names.js";
import { toBatch, toDelivery } from "../delivery-record.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";

export function getBatch(deliveries: Pick<Deliveries, "get">): MethodImpl<typeof StorageService.method.getBatch> {
  return async ({ batchId }) => {
    const whole = await deliveries.get(batchName(batchId));
    const { batch } = whole;
    return { batch: toBatch(whole), deliveries: whole.deliveries.map((delivery) => toDelivery({ delivery, batch })) };
  };
}
