import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { type Clock, systemClock } from "../../clock.js";
import { TrackNotFoundError } from "../../errors.js";
import type { SourceHttp } from "../../http/source-http.js";
import { type FoundAudio, type LinkedTracks, MAX_LINKED_TRACKS, type Source } from "../source.js";
import { archiveUrl, parseArchiveLink } from "./archive-links.js";
import { fetchFile } from "./fetch-file.js";
import { createItems } from "./items.js";
import { createProbe } from "./probe.js";
import { type Hit, rankByArtist, rankByText } from "./rank-recordings.js";
import type { ArchiveItem } from "./read-item.js";
import type { AudioFile, Recording } from "./recordings.js";
import { byCreator, everywhere, inCollection, nearby } from "./search-query.js";
import { ARCHIVE_NAME, toTrack } from "./to-track.js";

export interface ArchiveOptions {
  /** Asks the archive, and nobody else: `hosts` is `["archive.org"]`. */
  http: SourceHttp;
  /** Default: `https://archive.org`. */
  baseUrl?: string;
  /** Of the file that callers get: a smaller encoding is taken where the best is larger. Default 0, no limit. */
  maxBytes?: number;
  /** Items that are not there by then are left out of a search. Default: 6 s. */
  patienceMs?: number;
  clock?: Clock;
}

const BASE_URL = "https://archive.org";
const PATIENCE_MS = 6_000;
/** Each item of a search costs a request. */
const MIN_ITEMS = 10;
const MAX_ITEMS = 20;
/** What has to be converted may be larger: it shrinks by about that. */
const CONVERSION_FACTOR = 10;

/** The Internet Archive: public, without a key. Links are kept as the page of one file: people can open it, and read the licence there. */
export function createArchiveSource(options: ArchiveOptions): Source {
  const { http, baseUrl = BASE_URL, maxBytes = 0, patienceMs = PATIENCE_MS, clock = systemClock } = options;
  const items = createItems({ http, baseUrl, clock, patienceMs });

  async function itemsOf(query: string | undefined, rows: number, signal: AbortSignal, mostDownloadedFirst = false) {
    if (query === undefined) return [];
    return items.loadAll(await items.find(query, { rows, mostDownloadedFirst }, signal), signal);
  }

  async function lookUp(url: string, signal: AbortSignal) {
    const link = parseArchiveLink(url);
    if (!link) throw new TrackNotFoundError("this link is not of the archive");
    const item = await items.load(link.identifier, signal);
    const recordings = link.name === undefined ? item.recordings : named(item, link.name);
    return { item, recordings };
  }

  async function listCollection(item: ArchiveItem, signal: AbortSignal): Promise<LinkedTracks> {
    const found = await itemsOf(inCollection(item.identifier), MAX_ITEMS, signal, true);
    return toList(item.title, found.flatMap(hitsOf));
  }

  function toAudio(hit: Hit): FoundAudio {
    const { identifier } = hit.item;
    const file = pickFile(hit.recording, maxBytes);
    return {
      track: toTrack(hit),
      container: file.kind.container,
      sizeBytes: file.sizeBytes,
      fetch: (target, signal) =>
        fetchFile({ http, baseUrl, identifier, file }, target, signal).catch((error: unknown) => {
          if (error instanceof TrackNotFoundError) items.forget(identifier);
          throw error;
        }),
    };
  }

  return {
    name: ARCHIVE_NAME,
    probe: createProbe({ items, clock }),
    async search(query, limit, signal) {
      const found = await itemsOf(everywhere(query), itemsFor(limit), signal);
      const hits = rankByText(query, found, false);
      if (hits.length > 0) return toTracks(hits, limit);
      const near = await itemsOf(nearby(query), itemsFor(limit), signal);
      return toTracks(rankByText(query, near, true), limit);
    },
    async searchByArtist(artist, limit, signal) {
      const found = await itemsOf(byCreator(artist), itemsFor(limit), signal, true);
      return toTracks(rankByArtist(artist, found), limit);
    },
    canonicalUrl(url) {
      const link = parseArchiveLink(url);
      return link && archiveUrl(link);
    },
    async list(url, signal) {
      const { item, recordings } = await lookUp(url, signal);
      if (item.isCollection) return listCollection(item, signal);
      const hits = recordings.map((recording) => ({ item, recording }));
      return toList(recordings.length === 1 ? "" : item.title, hits);
    },
    async resolve(url, signal) {
      const { item, recordings } = await lookUp(url, signal);
      const [recording, another] = recordings;
      if (!recording) throw nothingToPlay();
      if (another) throw new TrackNotFoundError("the link leads to several tracks: one of them has to be chosen");
      return toAudio({ item, recording });
    },
  };
}

function itemsFor(limit: number): number {
  return Math.min(MAX_ITEMS, Math.max(MIN_ITEMS, limit));
}

function hitsOf(item: ArchiveItem): Hit[] {
  return item.recordings.map((recording) => ({ item, recording }));
}

function toTracks(hits: readonly Hit[], limit: number): Track[] {
  return hits.slice(0, limit).map(toTrack);
}

function toList(playlistTitle: string, hits: readonly Hit[]): LinkedTracks {
  if (hits.length === 0) throw nothingToPlay();
  return { tracks: toTracks(hits, MAX_LINKED_TRACKS), playlistTitle };
}

function nothingToPlay(): TrackNotFoundError {
  return new TrackNotFoundError("there is no audio behind this link that everybody may have");
}

/** The recording that a file belongs to. In links of the archive's own pages a plus may stand for a space. */
function named({ recordings }: ArchiveItem, name: string): Recording[] {
  const has = (wanted: string) => recordings.filter(({ names }) => names.includes(wanted));
  const [exact] = has(name);
  const [spaced] = exact ? [exact] : has(name.replaceAll("+", " "));
  if (!spaced) throw new TrackNotFoundError("the archive does not have this file, or not for everybody");
  return [spaced];
}

/** The best encoding that is not too large, else the best. */
function pickFile({ files }: Recording, maxBytes: number): AudioFile {
  const fits = ({ kind, sizeBytes }: AudioFile) => {
    const limit = kind.family === "mp3" || kind.family === "m4a" ? maxBytes : maxBytes * CONVERSION_FACTOR;
    return maxBytes === 0 || sizeBytes <= limit;
  };
  const best = files.find(fits) ?? files[0];
  if (!best) throw nothingToPlay();
  return best;
}
