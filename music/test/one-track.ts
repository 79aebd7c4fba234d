import type { FoundAudio, Source } from "../src/sources/source.js";
import { createTrack } from "../src/track.js";

/** A source that has one track, brought as a test says, under any link. Nothing is announced before. */
export function oneTrack(fetch: FoundAudio["fetch"], { durationSeconds = 1 } = {}): Source {
  const track = createTrack({ id: "1", url: "test://1", source: "test", title: "Title", uploader: "Artist", durationSeconds });
  return {
    name: "test",
    probe: async () => ({ ok: true, detail: "" }),
    search: async () => [],
    searchByArtist: async () => [],
    canonicalUrl: (url) => url,
    list: async () => ({ tracks: [track], playlistTitle: "" }),
    resolve: async () => ({ track, container: undefined, sizeBytes: 0, fetch }),
  };
}
