import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { fold } from "./fold.js";

/** What the filter of ListTracks looks through. Folded text has no line break: nothing is found across two fields. */
export function searchText({ title, uploader, album }: Track): string {
  return [title, uploader, album].map(fold).join("\n");
}
