import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import { SavedTrackNotFoundError } from "../errors.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { isSavedTrackId } from "../saved-track-id.js";
import { storableName } from "../storable-name.js";
import { toSavedTrack } from "../track-record.js";

export function restoreTrack(
  savedTracks: Pick<SavedTracks, "restore">,
  now: Clock,
): MethodImpl<typeof StorageService.method.restoreTrack> {
  return async ({ userId, id }) => {
    const owner = storableName("user_id", userId);
    const restored = isSavedTrackId(id) ? await savedTracks.restore(owner, id, now()) : undefined;
    if (!restored) throw new SavedTrackNotFoundError("this user has removed no such track within the last minute");
    return { savedTrack: toSavedTrack(restored) };
  };
}
