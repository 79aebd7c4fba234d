import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { TakenDownError } from "../errors.js";
import type { BlockedLinks } from "./blocked-links.js";
import type { Source } from "./source.js";

/** Refuses links that were taken down, in every spelling, and leaves their tracks out of what is found. */
export function withTakedowns(source: Source, blocked: Pick<BlockedLinks, "has">): Source {
  const allowed = (tracks: Track[]) => tracks.filter(({ url }) => !blocked.has(url));

  function check(url: string): void {
    if (blocked.has(url)) throw new TakenDownError("this link was taken down");
  }

  return {
    name: source.name,
    off: source.off && (() => source.off?.()),
    probe: (signal) => source.probe(signal),
    search: async (query, limit, signal) => allowed(await source.search(query, limit, signal)),
    searchByArtist: async (artist, limit, signal) => allowed(await source.searchByArtist(artist, limit, signal)),
    canonicalUrl(url) {
      const canonical = source.canonicalUrl(url);
      if (canonical === undefined) return undefined;
      check(canonical);
      check(url);
      return canonical;
    },
    async list(url, signal) {
      check(url);
      const { tracks, playlistTitle } = await source.list(url, signal);
      const left = allowed(tracks);
      if (left.length === 0 && tracks.length > 0) throw new TakenDownError("what is behind this link was taken down");
      return { tracks: left, playlistTitle };
    },
    async resolve(url, signal) {
      check(url);
      const audio = await source.resolve(url, signal);
      check(audio.track.url);
      return audio;
    },
  };
}
