import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import type { KnownTracks } from "../repo/known-tracks.js";
import { storableName } from "../storable-name.js";
import { toTrack } from "../track-record.js";

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
    return {
      tracks: found.map(({ track, saved, liked, fileId }) => ({ track: toTrack(track), saved, liked, telegramFileId: fileId })),
    };
  };
}
