import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Logger } from "@refrain/mesh";
import { askSources, DEFAULT_LIMIT, pickSources } from "../sources/ask-sources.js";
import type { Source } from "../sources/source.js";

export function search(sources: readonly Source[], logger: Logger): MethodImpl<typeof MusicService.method.search> {
  return async ({ query, limit, sources: names }, context) => {
    const wanted = limit || DEFAULT_LIMIT;
    const asked = pickSources(sources, names);
    return askSources(asked, (source) => source.search(query.trim(), wanted, context.signal), wanted, logger, context);
  };
}
