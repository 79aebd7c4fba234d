import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { after, type Clock } from "../clock.js";
import { heldDelivery, isId } from "../deliveries/names.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import { DEFAULT_LEASE_MS } from "../repo/deliveries/rules.js";

export function renewLease(
  deliveries: Pick<Deliveries, "renew">,
  now: Clock,
): MethodImpl<typeof StorageService.method.renewLease> {
  return async ({ leases, leaseMs }) => {
    const leaseUntil = after(now(), leaseMs || DEFAULT_LEASE_MS);
    const ours = leases.filter(({ deliveryId }) => isId(deliveryId));
    const held = await deliveries.renew(ours.map(heldDelivery), leaseUntil);
    return {
      leases: leases.map((lease) => {
        const renewed = held[ours.indexOf(lease)] ?? false;
        return { deliveryId: lease.deliveryId, renewed, ...(renewed && { leaseUntil: timestampFromDate(leaseUntil) }) };
      }),
    };
  };
}
