import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { createTrack } from "../../track.js";
import type { AudioFileFacts, FileStamp } from "./read-audio-file.js";
import { createTrackIndex, type IndexedTexts } from "./track-index.js";

/** One indexed file. */
export interface LibraryFile extends AudioFileFacts, FileStamp {
  /** Absolute. */
  path: string;
  /** Name of its cover; empty when it has none. */
  cover: string;
}

/** The files that hold exactly one content, which are one track. */
interface Entry {
  readonly number: number;
  /** What is indexed: of the first file that was there, whose name may have given the title. */
  readonly texts: IndexedTexts;
  /** Never empty. */
  files: readonly LibraryFile[];
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

export function createCatalog(): Catalog {
  const paths = new Map<string, LibraryFile>();
  const entries = new Map<string, Entry>();
  const index = createTrackIndex();
  /** Entries by their number in the index; numbers of removed ones are given again. */
  const numbered: (Entry | undefined)[] = [];
  const free: number[] = [];

  function addEntry(file: LibraryFile) {
    const number = free.pop() ?? numbered.length;
    const { title, artist, album } = file;
    const entry = { number, texts: { title, artist, album }, files: [file] };
    numbered[number] = entry;
    entries.set(file.hash, entry);
    index.add(number, file);
  }

  function remove(path: string) {
    const file = paths.get(path);
    if (!file) return;
    paths.delete(path);
    const entry = entries.get(file.hash);
    if (!entry) return;
    entry.files = entry.files.filter((other) => other.path !== path);
    if (entry.files.length > 0) return;
    entries.delete(file.hash);
    numbered[entry.number] = undefined;
    free.push(entry.number);
    index.remove(entry.number, entry.texts);
  }

  function run(query: string, limit: number, artistOnly: boolean): Track[] {
    return index.search(query, limit, artistOnly).flatMap((number) => {
      const file = numbered[number]?.files[0];
      return file ? [trackOf(file)] : [];
    });
  }

  return {
    add(file) {
      const known = paths.get(file.path);
      if (known?.hash !== file.hash) remove(file.path);
      paths.set(file.path, file);
      const entry = entries.get(file.hash);
      if (!entry) return addEntry(file);
      entry.files = [...entry.files.filter((other) => other.path !== file.path), file];
    },
    remove,
    file: (path) => paths.get(path),
    files: () => paths.values(),
    find(hash) {
      const file = entries.get(hash)?.files[0];
      return file && { track: trackOf(file), file };
    },
    size: () => entries.size,
    search: (query, limit) => run(query, limit, false),
    searchByArtist: (artist, limit) => run(artist, limit, true),
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
