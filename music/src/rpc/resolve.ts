import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { TrackNotFoundError } from "../errors.js";
import { MAX_LINKED_TRACKS, type Source } from "../sources/source.js";
import { sourceOfLink } from "../sources/source-of-link.js";
import { withinCall } from "../sources/within-call.js";

export function resolve(sources: readonly Source[]): MethodImpl<typeof MusicService.method.resolve> {
  return async ({ url }, context) => {
    const { source, canonicalUrl } = sourceOfLink(sources, url);
    const { tracks, playlistTitle } = await withinCall(context, (signal) => source.list(canonicalUrl, signal), MAX_MS);
    if (tracks.length === 0) throw new TrackNotFoundError("nothing that can be played is behind this link");
    return { tracks: tracks.slice(0, MAX_LINKED_TRACKS), playlistTitle };
  };
}

/** A list of a hundred takes its time. */
const MAX_MS = 30_000;
