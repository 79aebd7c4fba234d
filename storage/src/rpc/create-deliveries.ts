import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import { toBatch } from "../delivery-record.js";
import type { Deliveries } from "../repo/deliveries/deliveries.js";
import { DEFAULT_TTL_SECONDS } from "../repo/deliveries/rules.js";
import type { Counts } from "../statistics/counts.js";
import { storableName } from "../storable-name.js";
import { toTrackRecord } from "../track-record.js";

export function createDeliveries(
  deliveries: Pick<Deliveries, "create">,
  bell: Pick<Bell, "announce">,
  counts: Counts,
  now: Clock,
): MethodImpl<typeof StorageService.method.createDeliveries> {
  return async (request) => {
    const batch = {
      botId: storableName("bot_id", request.botId),
      requestKey: storableName("request_key", request.requestKey),
      userId: storableName("user_id", request.userId),
      chatId: request.chatId,
      title: storableName("title", request.title),
      context: request.context,
      cardMessageId: request.cardMessageId,
      ttlSeconds: request.ttlSeconds || DEFAULT_TTL_SECONDS,
      deliveries: request.deliveries.map(({ track = create(TrackSchema), format }) => ({
        ...toTrackRecord(track),
        format: namedFormat(format),
      })),
    };
    const { created, newUser, deliveryIds, ...record } = await deliveries.create(batch, now());
    if (created) {
      bell.announce(batch.botId);
      counts.add("deliveries_created", deliveryIds.length);
    }
    if (newUser) counts.add("new_users");
    return { batch: toBatch(record), deliveryIds: [...deliveryIds], created };
  };
}
