import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import { SavedTrackNotFoundError } from "../errors.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { storableName } from "../storable-name.js";
import { toSavedTrack } from "../track-record.js";

export function likeTrack(
  savedTracks: Pick<SavedTracks, "like">,
  now: Clock,
): MethodImpl<typeof StorageService.method.likeTrack> {
  return async ({ userId, key, liked }) => {
    const record = await savedTracks.like(storableName("user_id", userId), key, liked, now());
    if (!record) throw new SavedTrackNotFoundError("this track is not in the user's music");
    return { savedTrack: toSavedTrack(record) };
  };
}
