import { create, toBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { SearchResultsSchema, type SearchResults } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { KnownTracks } from "../repo/known-tracks.js";
import type { Finding, SearchCache } from "../repo/search-cache.js";
import type { FreshAnswers } from "../search-cache/fresh-answers.js";
import { searchKey, searchName } from "../search-key.js";
import { toTrackRecord } from "../track-record.js";

/** @param written told after each write, for the sweeper counts them */
export function setSearchCache(
  cache: Pick<SearchCache, "set">,
  knownTracks: Pick<KnownTracks, "keep">,
  fresh: FreshAnswers,
  now: Clock,
  written: () => void,
): MethodImpl<typeof StorageService.method.setSearchCache> {
  return async ({ kind, query, results = create(SearchResultsSchema) }) => {
    const tracks = results.tracks.map(toTrackRecord);
    const time = now();
    // Tracks first: a result that can be found in the cache can be found by its key.
    await knownTracks.keep(tracks, time);
    const name = searchName(kind, query);
    try {
      const stored = await cache.set(searchKey(name), toBinary(SearchResultsSchema, results), findingOf(results), time);
      return { stored };
    } finally {
      // After a failure too: the database may have got as far.
      fresh.drop(name);
      written();
    }
  };
}

function findingOf({ tracks, failedSources }: SearchResults): Finding {
  if (failedSources.length > 0) return "partial";
  return tracks.length > 0 ? "found" : "empty";
}
