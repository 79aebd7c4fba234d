import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";

/** Unspecified and AUTO are the same: what is kept and answered is AUTO. */
export function namedFormat(format: AudioFormat): AudioFormat {
  return format === AudioFormat.UNSPECIFIED ? AudioFormat.AUTO : format;
}
