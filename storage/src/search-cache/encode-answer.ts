import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { GetSearchCacheResponseSchema } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import type { SearchCacheAnswer } from "../repo/search-cache.js";

const RESULTS = GetSearchCacheResponseSchema.field.results.number;

/** The bytes of a GetSearchCacheResponse: those of the results go into it as they were kept. */
export function encodeAnswer({ entry, lease }: SearchCacheAnswer): Uint8Array {
  const writer = new BinaryWriter();
  if (entry) writer.tag(RESULTS, WireType.LengthDelimited).bytes(entry.results);
  const rest = create(GetSearchCacheResponseSchema, {
    cached: entry !== undefined,
    stale: entry?.stale ?? false,
    refreshLease: lease,
    ...(entry && { cachedAt: timestampFromDate(entry.cachedAt) }),
  });
  return writer.raw(toBinary(GetSearchCacheResponseSchema, rest)).finish();
}
