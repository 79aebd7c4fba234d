import type { Client } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { SearchKind, type GetSearchCacheResponse } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { endUser, type Logger } from "@refrain/mesh";
import { LRUCache } from "lru-cache";
import { describeError } from "../describe-error.js";
import { searches } from "../metrics.js";
import type { Runner } from "../runner.js";
import type { Search } from "../views/results.js";
import type { KnownTracks } from "./known-tracks.js";

/** As many as music gives at once; pages are cut from them. */
const WANTED_TRACKS = 50;
const KEPT_SEARCHES = 100;
const KEPT_MS = 60_000;

/** What a search found. */
interface Found {
  readonly tracks: readonly Track[];
  /** Sources that did not answer. */
  readonly failedSources: readonly string[];
}

/** Finds tracks: in this process, else in storage's cache, else by music. Rejects with music's error. */
export type FindTracks = (search: Search, userId: string, signal: AbortSignal) => Promise<Found>;

export interface FindTracksOptions {
  readonly music: Pick<Client<typeof MusicService>, "search" | "searchByArtist">;
  readonly storage: Pick<Client<typeof StorageService>, "getSearchCache" | "setSearchCache">;
  /** Refreshes stale results and stores new ones, while the listener looks at what there is. */
  readonly runner: Pick<Runner, "start">;
  readonly knownTracks: KnownTracks;
  readonly logger: Logger;
}

const KINDS = { query: SearchKind.QUERY, artist: SearchKind.ARTIST } as const;

export function createFindTracks({ music, storage, runner, knownTracks, logger }: FindTracksOptions): FindTracks {
  const recent = new LRUCache<string, Found>({ max: KEPT_SEARCHES, ttl: KEPT_MS });

  function remember(search: Search, { tracks, failedSources }: Found): Found {
    knownTracks.add(tracks);
    recent.set(keyOf(search), { tracks, failedSources });
    return { tracks, failedSources };
  }

  async function cached(
    { kind, text }: Search,
    userId: string,
    signal: AbortSignal,
  ): Promise<GetSearchCacheResponse | undefined> {
    try {
      return await storage.getSearchCache({ kind: KINDS[kind], query: text }, { ...endUser(userId), signal });
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error: describeError(error) }, "search cache not read");
      return undefined;
    }
  }

  async function searchMusic(search: Search, userId: string, signal: AbortSignal): Promise<Found> {
    const options = { ...endUser(userId), signal };
    const found =
      search.kind === "artist"
        ? await music.searchByArtist({ artist: search.text, limit: WANTED_TRACKS }, options)
        : await music.search({ query: search.text, limit: WANTED_TRACKS }, options);
    runner.start("store search", (stopped) => store(search, found, userId, stopped));
    return remember(search, found);
  }

  async function store({ kind, text }: Search, found: Found, userId: string, signal: AbortSignal): Promise<void> {
    const results = { tracks: [...found.tracks], failedSources: [...found.failedSources] };
    await storage.setSearchCache({ kind: KINDS[kind], query: text, results }, { ...endUser(userId), signal });
  }

  return async (search, userId, signal) => {
    const known = recent.get(keyOf(search));
    if (known) {
      searches.inc({ answered_by: "memory" });
      return known;
    }
    const entry = await cached(search, userId, signal);
    if (!entry?.cached || !entry.results) {
      const found = await searchMusic(search, userId, signal);
      searches.inc({ answered_by: "music" });
      return found;
    }
    if (entry.stale && entry.refreshLease) {
      runner.start("refresh search", async (stopped) => void (await searchMusic(search, userId, stopped)));
    }
    searches.inc({ answered_by: "storage" });
    return remember(search, entry.results);
  };
}

function keyOf({ kind, text }: Search): string {
  return `${kind} ${text.normalize("NFKC").toLowerCase()}`;
}
