import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import { SavedTrackNotFoundError } from "../errors.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { isSavedTrackId } from "../saved-track-id.js";
import { storableName } from "../storable-name.js";

export function deleteTrack(
  savedTracks: Pick<SavedTracks, "remove">,
  now: Clock,
): MethodImpl<typeof StorageService.method.deleteTrack> {
  return async ({ userId, id }) => {
    const owner = storableName("user_id", userId);
    const had = isSavedTrackId(id) && (await savedTracks.remove(owner, id, now()));
    if (!had) throw new SavedTrackNotFoundError("this user never had such a track");
    return {};
  };
}
