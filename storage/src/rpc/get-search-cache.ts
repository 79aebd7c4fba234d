import { fromBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { SearchResultsSchema, type StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import { searchCacheLookups } from "../metrics.js";
import type { SearchCache } from "../repo/search-cache.js";
import { searchKey } from "../search-key.js";

/** @param written told when a lease was given: it is a row, and the sweeper counts them */
export function getSearchCache(
  cache: Pick<SearchCache, "get">,
  now: Clock,
  written: () => void,
): MethodImpl<typeof StorageService.method.getSearchCache> {
  return async ({ kind, query }) => {
    const { entry, lease } = await cache.get(searchKey(kind, query), now());
    if (lease) written();
    searchCacheLookups.inc({ result: entry === undefined ? "miss" : entry.stale ? "stale" : "hit" });
    if (entry === undefined) return { cached: false, refreshLease: lease };
    return {
      results: fromBinary(SearchResultsSchema, entry.results),
      cached: true,
      cachedAt: timestampFromDate(entry.cachedAt),
      stale: entry.stale,
      refreshLease: lease,
    };
  };
}
