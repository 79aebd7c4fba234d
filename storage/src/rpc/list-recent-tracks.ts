import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { RecentTracks } from "../repo/recent-tracks.js";
import { storableName } from "../storable-name.js";
import { toTrack } from "../track-record.js";

const DEFAULT_LIMIT = 20;

export function listRecentTracks(
  recentTracks: Pick<RecentTracks, "list">,
): MethodImpl<typeof StorageService.method.listRecentTracks> {
  return async ({ userId, limit }) => {
    const found = await recentTracks.list(storableName("user_id", userId), limit || DEFAULT_LIMIT);
    return { tracks: found.map(({ track, playedAt }) => ({ track: toTrack(track), playedAt: timestampFromDate(playedAt) })) };
  };
}
