import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** A track as a search of the library finds it, some 200 bytes serialised. The same for the same index. */
export function sampleTrack(index: number): Track {
  const url = `library://${sha256(String(index)).toString("hex")}`;
  return create(TrackSchema, {
    key: sha256(url).subarray(0, 16).toString("base64url"),
    id: String(index),
    title: `Track number ${index}, as it was played (Official Audio)`,
    uploader: "Imagine Dragons",
    album: "Evolve, the complete recordings",
    url,
    source: "library",
    durationSeconds: 204,
  });
}
