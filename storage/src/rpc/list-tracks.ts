import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import { fold } from "../fold.js";
import { readPageToken, writePageToken, type ListScope } from "../page-token.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { storableName } from "../storable-name.js";
import { toSavedTrack } from "../track-record.js";

const DEFAULT_PAGE_SIZE = 20;

export function listTracks(savedTracks: Pick<SavedTracks, "list">): MethodImpl<typeof StorageService.method.listTracks> {
  return async ({ userId, pageSize, pageToken, query, order }) => {
    const scope: ListScope = {
      userId: storableName("user_id", userId),
      text: fold(query),
      order: order === TrackOrder.OLDEST ? "oldest" : "newest",
    };
    const after = pageToken === "" ? undefined : readPageToken(pageToken, scope);
    const { tracks, total, more } = await savedTracks.list({ ...scope, after, limit: pageSize || DEFAULT_PAGE_SIZE });
    const last = tracks.at(-1);
    return {
      tracks: tracks.map(toSavedTrack),
      totalCount: total,
      nextPageToken: more && last ? writePageToken(last, scope) : "",
    };
  };
}
