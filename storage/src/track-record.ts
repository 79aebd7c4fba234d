import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { SavedTrackSchema, type SavedTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import { TrackKeyMismatchError } from "./errors.js";
import type { TrackRecord } from "./repo/known-tracks.js";
import type { SavedTrackRecord } from "./repo/saved-track-record.js";
import { trackKey } from "./track-key.js";

/** A track as rows keep it. @throws {TrackKeyMismatchError} when its key is not that of its url */
export function toTrackRecord(track: Track): TrackRecord {
  if (track.key !== trackKey(track.url)) throw new TrackKeyMismatchError(`${track.key} is not the key of the track's url`);
  return { key: track.key, bytes: toBinary(TrackSchema, track) };
}

/** A track as callers get it. */
export function toTrack(bytes: Uint8Array): Track {
  return fromBinary(TrackSchema, bytes);
}

/** An entry of a user's music as callers get it. */
export function toSavedTrack({ id, track, sizeBytes, createdAt, likedAt }: SavedTrackRecord): SavedTrack {
  return create(SavedTrackSchema, {
    id,
    track: toTrack(track),
    sizeBytes,
    createdAt: timestampFromDate(createdAt),
    ...(likedAt && { likedAt: timestampFromDate(likedAt) }),
  });
}
