import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "../../clock.js";
import { SourceUnavailableError, TrackNotFoundError } from "../../errors.js";
import type { SourceHttp } from "../../http/source-http.js";
import { timeLimit } from "../../http/time-limit.js";
import { type ArchiveItem, readIdentifiers, readItem } from "./read-item.js";

export interface ItemsOptions {
  http: SourceHttp;
  baseUrl: string;
  clock?: Clock | undefined;
  /** Items that are not there by then are left out of a search, in milliseconds. */
  patienceMs: number;
}

/** The archive's two catalogues: the search, and what each item holds. */
export interface Items {
  /** Identifiers of the items that a query finds. */
  find(query: string, options: FindOptions, signal: AbortSignal): Promise<string[]>;
  /** One item. @throws TrackNotFoundError when it is not there, or not for everybody */
  load(identifier: string, signal: AbortSignal): Promise<ArchiveItem>;
  /** Several items in this order, without those that are gone, fail or are late; rejects when all fail. */
  loadAll(identifiers: readonly string[], signal: AbortSignal): Promise<ArchiveItem[]>;
  /** An item is asked for again next time: it is not what it was. */
  forget(identifier: string): void;
}

export interface FindOptions {
  rows: number;
  /** Default: the best match first. */
  mostDownloadedFirst?: boolean;
}

/** An item with 20,000 files has some 10 MB. */
const MAX_ITEM_BYTES = 16 * 1024 ** 2;
const MAX_SEARCH_BYTES = 1024 ** 2;
/** Long enough for a page of results to be read, and one of them to be fetched. */
const KEPT_MS = 10 * 60_000;
/** Over all items; some 40 MB at most. */
const MAX_KEPT_RECORDINGS = 50_000;
/** The archive asks clients to be gentle. */
const AT_ONCE = 5;

export function createItems({ http, baseUrl, clock = systemClock, patienceMs }: ItemsOptions): Items {
  const kept = new LRUCache<string, ArchiveItem>({
    maxSize: MAX_KEPT_RECORDINGS,
    sizeCalculation: ({ recordings }) => recordings.length + 1,
    ttl: KEPT_MS,
    ttlResolution: 0,
    // The cache takes a time of 0 for none.
    perf: { now: () => clock.now() + 1 },
  });

  async function load(identifier: string, signal: AbortSignal): Promise<ArchiveItem> {
    const found = kept.get(identifier);
    if (found) return found;
    const answer = await http.json(`${baseUrl}/metadata/${identifier}`, { maxBytes: MAX_ITEM_BYTES }, signal);
    const item = readItem(identifier, answer);
    kept.set(identifier, item);
    return item;
  }

  /** Loads while there is time; what does not come goes to `failures`. */
  async function loadInTime(identifiers: readonly string[], failures: unknown[], signal: AbortSignal) {
    const limit = timeLimit("the archive", signal);
    limit.set(patienceMs);
    const waiting = identifiers.entries();
    const items: (ArchiveItem | undefined)[] = identifiers.map(() => undefined);
    const lane = async () => {
      for (const [at, identifier] of waiting) {
        items[at] = await load(identifier, limit.signal).catch((error: unknown) => void failures.push(error));
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    } finally {
      limit.dispose();
    }
    return items.filter((item) => item !== undefined);
  }

  return {
    load,
    forget: (identifier) => void kept.delete(identifier),
    async find(query, { rows, mostDownloadedFirst }, signal) {
      const parameters = new URLSearchParams({ q: query, "fl[]": "identifier", rows: String(rows), page: "1", output: "json" });
      if (mostDownloadedFirst) parameters.append("sort[]", "downloads desc");
      const url = `${baseUrl}/advancedsearch.php?${parameters.toString()}`;
      const answer = await http.json(url, { maxBytes: MAX_SEARCH_BYTES }, signal).catch((cause: unknown) => {
        // The search itself is not there: that is no track.
        throw cause instanceof TrackNotFoundError
          ? new SourceUnavailableError("the archive has no search now", { cause })
          : cause;
      });
      return readIdentifiers(answer).slice(0, rows);
    },
    async loadAll(identifiers, signal) {
      const failures: unknown[] = [];
      const items = await loadInTime(identifiers, failures, signal);
      signal.throwIfAborted();
      // Items go all the time; only an archive that answers nothing else has failed.
      const failure = failures.find((error) => !(error instanceof TrackNotFoundError));
      if (items.length > 0 || failure === undefined) return items;
      throw failure instanceof Error ? failure : new SourceUnavailableError("the archive cannot be asked", { cause: failure });
    },
  };
}
