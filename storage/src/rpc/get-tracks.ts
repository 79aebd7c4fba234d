import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { GetTracksResponseSchema, KnownTrackSchema } from "@refrain/gen/refrain/storage/v1/track_pb";
import { encodedAs } from "@refrain/mesh";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import { encodeAround } from "../encode-around.js";
import type { KnownTracks } from "../repo/known-tracks.js";
import { storableName } from "../storable-name.js";

export function getTracks(
  knownTracks: Pick<KnownTracks, "find">,
  now: Clock,
): MethodImpl<typeof StorageService.method.getTracks> {
  return async ({ keys, userId, botId, format }) => {
    const query = {
      userId: storableName("user_id", userId),
      botId: storableName("bot_id", botId),
      format: namedFormat(format),
    };
    const found = await knownTracks.find(keys, query, now());
    const tracks = found.map(({ track, saved, liked, fileId }) =>
      encodeAround(KnownTrackSchema, KnownTrackSchema.field.track, [track], { saved, liked, telegramFileId: fileId }),
    );
    const bytes = encodeAround(GetTracksResponseSchema, GetTracksResponseSchema.field.tracks, tracks, {});
    return encodedAs(GetTracksResponseSchema, bytes);
  };
}
