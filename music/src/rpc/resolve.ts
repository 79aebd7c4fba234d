import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Source } from "../sources/source.js";
import { sourceOfLink } from "../sources/source-of-link.js";

export function resolve(sources: readonly Source[]): MethodImpl<typeof MusicService.method.resolve> {
  return ({ url }, { signal }) => {
    const { source, canonicalUrl } = sourceOfLink(sources, url);
    return source.list(canonicalUrl, signal);
  };
}
