import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { GetSearchCacheResponseSchema } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { encodeAround } from "../encode-around.js";
import type { SearchCacheAnswer } from "../repo/search-cache.js";

/** The bytes of a GetSearchCacheResponse: those of the results go into it as they were kept. */
export function encodeAnswer({ entry, lease }: SearchCacheAnswer): Uint8Array {
  const { results } = GetSearchCacheResponseSchema.field;
  return encodeAround(GetSearchCacheResponseSchema, results, entry ? [entry.results] : [], {
    cached: entry !== undefined,
    stale: entry?.stale ?? false,
    refreshLease: lease,
    ...(entry && { cachedAt: timestampFromDate(entry.cachedAt) }),
  });
}
