import type { MethodImpl } from "@connectrpc/connect";
import { GetSearchCacheResponseSchema } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { encodedAs } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { countHeldHit, countLookup } from "../metrics.js";
import type { SearchCache } from "../repo/search-cache.js";
import { encodeAnswer } from "../search-cache/encode-answer.js";
import type { FreshAnswers } from "../search-cache/fresh-answers.js";
import { searchKey, searchName } from "../search-key.js";
import type { Counts } from "../statistics/counts.js";

/** @param written told when a lease was given: it is a row, and the sweeper counts them */
export function getSearchCache(
  cache: Pick<SearchCache, "get">,
  fresh: FreshAnswers,
  now: Clock,
  written: () => void,
  counts: Counts,
): MethodImpl<typeof StorageService.method.getSearchCache> {
  return async ({ kind, query }) => {
    const time = now();
    const name = searchName(kind, query);
    const held = fresh.find(name, time);
    if (held) {
      countHeldHit();
      counts.add("searches");
      counts.add("search_hits");
      return encodedAs(GetSearchCacheResponseSchema, held);
    }
    const reading = fresh.startReading();
    const answer = await cache.get(searchKey(name), time);
    const { entry, lease } = answer;
    if (lease) written();
    counts.add("searches");
    if (entry !== undefined) counts.add("search_hits");
    countLookup(entry === undefined ? "miss" : entry.stale ? "stale" : "hit");
    const bytes = encodeAnswer(answer);
    if (entry?.lasting && !entry.stale) fresh.hold(name, bytes, entry.freshUntil, time, reading);
    return encodedAs(GetSearchCacheResponseSchema, bytes);
  };
}
