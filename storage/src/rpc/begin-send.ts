import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { heldDelivery } from "../deliveries/names.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";

export function beginSend(deliveries: Pick<Deliveries, "beginSend">): MethodImpl<typeof StorageService.method.beginSend> {
  return async (request) => ({ resend: await deliveries.beginSend(heldDelivery(request)) });
}
