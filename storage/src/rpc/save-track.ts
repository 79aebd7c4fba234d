import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { searchText } from "../search-text.js";
import { storableName } from "../storable-name.js";
import { toSavedTrack, toTrackRecord } from "../track-record.js";

export function saveTrack(
  savedTracks: Pick<SavedTracks, "save">,
  now: Clock,
): MethodImpl<typeof StorageService.method.saveTrack> {
  return async ({ userId, track = create(TrackSchema), sizeBytes }) => {
    const entry = {
      ...toTrackRecord(track),
      userId: storableName("user_id", userId),
      sizeBytes,
      searchText: searchText(track),
    };
    const { record, created } = await savedTracks.save(entry, now());
    return { savedTrack: toSavedTrack(record), created };
  };
}
