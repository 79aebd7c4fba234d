import { create } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { ImportedTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import type { Clock } from "../clock.js";
import type { ImportedTrackRecord } from "../repo/saved-tracks-import.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { searchText } from "../search-text.js";
import { storableName } from "../storable-name.js";
import { FIRST_MS } from "../timestamp-range.js";
import { toTrackRecord } from "../track-record.js";

export function importTracks(
  savedTracks: Pick<SavedTracks, "import">,
  now: Clock,
): MethodImpl<typeof StorageService.method.importTracks> {
  return async ({ userId, tracks }) => {
    const owner = storableName("user_id", userId);
    const time = now();
    const byKey = new Map<string, ImportedTrackRecord>();
    for (const track of tracks) {
      const record = toRecord(track, time);
      if (!byKey.has(record.key)) byKey.set(record.key, record);
    }
    const imported = await savedTracks.import(owner, [...byKey.values()]);
    return { imported, known: byKey.size - imported };
  };
}

function toRecord({ track = create(TrackSchema), sizeBytes, createdAt, likedAt }: ImportedTrack, now: Date): ImportedTrackRecord {
  return {
    ...toTrackRecord(track),
    sizeBytes,
    searchText: searchText(track),
    createdAt: createdAt ? pastTime(createdAt, now) : now,
    likedAt: likedAt && pastTime(likedAt, now),
  };
}

function pastTime({ seconds, nanos }: Timestamp, now: Date): Date {
  const milliseconds = Number(seconds) * 1_000 + Math.floor(nanos / 1e6);
  return new Date(Math.max(FIRST_MS, Math.min(milliseconds, now.getTime())));
}
