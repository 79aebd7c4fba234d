import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Logger } from "@refrain/mesh";
import { askSources, DEFAULT_LIMIT, pickSources } from "../sources/ask-sources.js";
import type { Source } from "../sources/source.js";

export function search(sources: readonly Source[], logger: Logger): MethodImpl<typeof MusicService.method.search> {
  return ({ query: typed, limit: asked, sources: names }, context) => {
    const query = typed.trim();
    const limit = asked || DEFAULT_LIMIT;
    const ask = (source: Source, signal: AbortSignal) => source.search(query, limit, signal);
    return askSources(pickSources(sources, names), { ask, limit, query }, logger, context);
  };
}
