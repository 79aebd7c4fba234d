import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { SavedTrackSchema, type SavedTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import { encodeAround } from "./encode-around.js";
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
export function toSavedTrack(record: SavedTrackRecord): SavedTrack {
  return create(SavedTrackSchema, { ...besideTrack(record), track: toTrack(record.track) });
}

/** The same, serialised. */
export function encodeSavedTrack(record: SavedTrackRecord): Uint8Array {
  return encodeAround(SavedTrackSchema, SavedTrackSchema.field.track, [record.track], besideTrack(record));
}

function besideTrack({ id, sizeBytes, createdAt, likedAt }: SavedTrackRecord) {
  return {
    id,
    sizeBytes,
    createdAt: timestampFromDate(createdAt),
    ...(likedAt && { likedAt: timestampFromDate(likedAt) }),
  };
}
