import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { toDelivery } from "../delivery-record.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import type { Reaped } from "../repo/deliveries/reap.js";
import { DEFAULT_LEASE_MS } from "../repo/deliveries/rules.js";
import type { Counts } from "../statistics/counts.js";
import { storableName } from "../storable-name.js";

const DEFAULT_LIMIT = 1;
const DEFAULT_LIMIT_PER_BATCH = 3;
/** For what no ring tells of: leases that run out, attempts that are due, rings at replicas that got lost. */
const LOOK_AGAIN_MS = 1_000;
/** An empty answer has to arrive before the caller's deadline. */
const MARGIN_MS = 500;

export function claimDeliveries(
  deliveries: Pick<Deliveries, "claim">,
  bell: Pick<Bell, "isClosed" | "ring" | "wait">,
  counts: Counts,
  now: Clock,
): MethodImpl<typeof StorageService.method.claimDeliveries> {
  return async (request, context) => {
    const claimer = storableName("claimer", request.claimer);
    const botId = storableName("bot_id", request.botId);
    const wanted = {
      botId,
      claimer,
      limit: request.limit || DEFAULT_LIMIT,
      limitPerBatch: request.limitPerBatch || DEFAULT_LIMIT_PER_BATCH,
      leaseMs: request.leaseMs || DEFAULT_LEASE_MS,
    };
    const until = performance.now() + patienceMs(request.waitMs, context);
    for (;;) {
      const claim = await deliveries.claim(wanted, now());
      count(counts, claim.reaped);
      if (claim.deliveries.length > 0) {
        // There may be more than this one could take.
        bell.ring(botId);
        const leaseUntil = timestampFromDate(claim.leaseUntil);
        return {
          deliveries: claim.deliveries.map((record) => ({
            delivery: toDelivery(record),
            token: record.delivery.token,
            leaseUntil,
          })),
        };
      }
      const leftMs = until - performance.now();
      if (leftMs <= 0 || context.signal.aborted) return {};
      await bell.wait({ botId, claimer }, Math.min(leftMs, LOOK_AGAIN_MS), context.signal);
      if (bell.isClosed) return {};
    }
  };
}

function count(counts: Counts, { resent, failed }: Reaped): void {
  if (resent > 0) counts.add("deliveries_resent", resent);
  for (const reason of failed) counts.add(`deliveries_failed/${reason}`);
}

function patienceMs(waitMs: number, context: HandlerContext): number {
  const leftMs = context.timeoutMs();
  return leftMs === undefined ? waitMs : Math.min(waitMs, leftMs - MARGIN_MS);
}
