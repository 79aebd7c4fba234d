import MiniSearch, { type Query, type SearchResult } from "minisearch";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { createTrack } from "../../track.js";
import type { AudioFileFacts, FileStamp } from "./read-audio-file.js";
import { sound, sounds, words } from "./search-text.js";

/** One indexed file. */
export interface LibraryFile extends AudioFileFacts, FileStamp {
  /** Absolute. */
  path: string;
  /** Name of its cover; empty when it has none. */
  cover: string;
}

/** A track, and the files that hold exactly this content. */
interface Entry {
  track: Track;
  files: Map<string, LibraryFile>;
}

/** The tracks of the library in memory, and the index over them. */
export interface Catalog {
  /** Adds a file, or replaces what was known of its path. A second file with the same content adds no second track. */
  add(file: LibraryFile): void;
  /** Forgets a path; the track goes with its last file. */
  remove(path: string): void;
  file(path: string): LibraryFile | undefined;
  files(): Iterable<LibraryFile>;
  /** The track behind a hash, and one file that holds it. */
  find(hash: string): { track: Track; file: LibraryFile } | undefined;
  /** Number of tracks. */
  size(): number;
  search(query: string, limit: number): Track[];
  searchByArtist(artist: string, limit: number): Track[];
}

/** Scheme of `Track.url`; the hash follows. */
export const LIBRARY_SCHEME = "library://";

const FIELDS = ["title", "artist", "album", "titleSound", "artistSound", "albumSound"] as const;
const ARTIST_FIELDS = ["artist", "artistSound"];
const BOOST = { title: 3, artist: 2, album: 1, titleSound: 1.5, artistSound: 1, albumSound: 0.5 };

type Indexed = Record<(typeof FIELDS)[number] | "id", string>;

export function createCatalog(): Catalog {
  const paths = new Map<string, LibraryFile>();
  const entries = new Map<string, Entry>();
  const index = createIndex();

  function remove(path: string) {
    const file = paths.get(path);
    if (!file) return;
    paths.delete(path);
    const entry = entries.get(file.hash);
    entry?.files.delete(path);
    if (!entry || entry.files.size > 0) return;
    entries.delete(file.hash);
    index.discard(file.hash);
  }

  function find(hash: string) {
    const entry = entries.get(hash);
    const file = entry?.files.values().next().value;
    return entry && file ? { track: entry.track, file } : undefined;
  }

  function run(text: string, limit: number, fields: string[]): Track[] {
    const tracks = [...best(index, text, fields)].flatMap((result) => entries.get(String(result.id))?.track ?? []);
    return tracks.slice(0, limit);
  }

  return {
    add(file) {
      const known = paths.get(file.path);
      if (known?.hash !== file.hash) remove(file.path);
      paths.set(file.path, file);
      const entry = entries.get(file.hash);
      if (entry) return void entry.files.set(file.path, file);
      entries.set(file.hash, { track: trackOf(file), files: new Map([[file.path, file]]) });
      index.add(indexed(file));
    },
    remove,
    file: (path) => paths.get(path),
    files: () => paths.values(),
    find,
    size: () => entries.size,
    search: (query, limit) => run(query, limit, [...FIELDS]),
    searchByArtist: (artist, limit) => run(artist, limit, ARTIST_FIELDS),
  };
}

function trackOf(file: LibraryFile): Track {
  return createTrack({
    id: file.hash,
    url: LIBRARY_SCHEME + file.hash,
    source: "library",
    title: file.title,
    uploader: file.artist,
    durationSeconds: file.durationSeconds,
    album: file.album,
    license: file.license,
    thumbnailUrl: file.cover ? `/files/${file.cover}` : "",
  });
}

function indexed({ hash, title, artist, album }: LibraryFile): Indexed {
  const sounding = (text: string) => sounds(text).join(" ");
  return {
    id: hash,
    title: words(title).join(" "),
    artist: words(artist).join(" "),
    album: words(album).join(" "),
    titleSound: sounding(title),
    artistSound: sounding(artist),
    albumSound: sounding(album),
  };
}

function createIndex() {
  const split = (text: string) => text.split(" ").filter(Boolean);
  // Texts come folded already: MiniSearch only has to split them.
  return new MiniSearch<Indexed>({
    fields: [...FIELDS],
    tokenize: split,
    processTerm: (term) => term,
    searchOptions: { boost: BOOST },
  });
}

/** The first of ever more forgiving questions that has an answer. */
function best(index: MiniSearch<Indexed>, text: string, fields: string[]): SearchResult[] {
  const asked = words(text);
  if (asked.length === 0) return [];
  const questions: Query[] = [
    { combineWith: "AND", queries: asked.map((word) => matches(word, fields, false)) },
    { combineWith: "AND", queries: asked.map((word) => matches(word, fields, true)) },
  ];
  for (const question of questions) {
    const found = index.search(question);
    if (found.length > 0) return found;
  }
  return mostWords(index, asked, fields);
}

/** Tracks that have at least half of the words: people add “song”, “official video”, a year. */
function mostWords(index: MiniSearch<Indexed>, asked: string[], fields: string[]): SearchResult[] {
  const hits = new Map<string, { result: SearchResult; count: number }>();
  for (const word of asked) {
    for (const result of index.search(matches(word, fields, true))) {
      const hit = hits.get(String(result.id)) ?? { result, count: 0 };
      hits.set(String(result.id), { result, count: hit.count + 1 });
    }
  }
  const enough = [...hits.values()].filter(({ count }) => count * 2 >= asked.length);
  return enough
    .toSorted((one, other) => other.count - one.count || other.result.score - one.result.score)
    .map(({ result }) => result);
}

/** One word of a query, as it is written or as it is heard, somewhere in the fields. */
function matches(word: string, fields: string[], forgiving: boolean): Query {
  const heard = sound(word);
  const written = fields.filter((field) => !field.endsWith("Sound"));
  const sounding = fields.filter((field) => field.endsWith("Sound"));
  const queries: Query[] = [{ queries: [word], fields: written, prefix: true, fuzzy: forgiving && slips(word) }];
  if (heard) queries.push({ queries: [heard], fields: sounding, prefix: heard.length > 2, fuzzy: forgiving && slips(heard) });
  return { combineWith: "OR", queries };
}

/** Letters that may be wrong: none in short words, where any slip makes another word. */
function slips(word: string): number {
  if (word.length < 4) return 0;
  return word.length < 6 ? 1 : 2;
}
