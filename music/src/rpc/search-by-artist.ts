import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Logger } from "@refrain/mesh";
import { askSources, DEFAULT_LIMIT, pickSources } from "../sources/ask-sources.js";
import type { Source } from "../sources/source.js";

export function searchByArtist(
  sources: readonly Source[],
  logger: Logger,
): MethodImpl<typeof MusicService.method.searchByArtist> {
  return ({ artist: typed, limit: asked }, context) => {
    const artist = typed.trim();
    const limit = asked || DEFAULT_LIMIT;
    const ask = (source: Source, signal: AbortSignal) => source.searchByArtist(artist, limit, signal);
    return askSources(pickSources(sources, []), { ask, limit }, logger, context);
  };
}
