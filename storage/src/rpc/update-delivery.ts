import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { heldDelivery } from "../deliveries/names.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import { storableName } from "../storable-name.js";

export function updateDelivery(deliveries: Pick<Deliveries, "note">): MethodImpl<typeof StorageService.method.updateDelivery> {
  return async (request) => {
    const taskId = request.taskId === undefined ? undefined : storableName("task_id", request.taskId);
    await deliveries.note(heldDelivery(request), { cardMessageId: request.cardMessageId, taskId });
    return {};
  };
}
