import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Logger } from "@refrain/mesh";
import { askSources, DEFAULT_LIMIT } from "../sources/ask-sources.js";
import type { Source } from "../sources/source.js";

export function searchByArtist(
  sources: readonly Source[],
  logger: Logger,
): MethodImpl<typeof MusicService.method.searchByArtist> {
  return ({ artist, limit }, context) => {
    const wanted = limit || DEFAULT_LIMIT;
    const ask = (source: Source) => source.searchByArtist(artist.trim(), wanted, context.signal);
    return askSources(sources, ask, wanted, logger, context);
  };
}
