import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { TrackSchema, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { trackKey } from "../src/track-key.js";

/** A track with an url of its own, unless one is given. */
export function track(fields: Omit<MessageInitShape<typeof TrackSchema>, "$typeName" | "key"> = {}): Track {
  const url = fields.url ?? `library://${randomUUID()}`;
  return create(TrackSchema, {
    id: "1",
    title: "Believer",
    uploader: "Imagine Dragons",
    durationSeconds: 204,
    source: "library",
    ...fields,
    url,
    key: trackKey(url),
  });
}

/** A name that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}
