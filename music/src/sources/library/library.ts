import { access, constants, mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { type Clock, pause } from "../../clock.js";
import { SourceUnavailableError, TrackNotFoundError } from "../../errors.js";
import type { FetchedAudio, FetchTarget, FoundAudio, Source } from "../source.js";
import { type Catalog, createCatalog, LIBRARY_SCHEME } from "./catalog.js";
import { copyFile } from "./copy-file.js";
import { waitingAccess } from "./file-access.js";
import { followFolder } from "./follow-folder.js";
import type { LibraryOptions } from "./library-options.js";
import { NotATrackError, stampFile } from "./read-audio-file.js";

/** The folder of audio files as a source. */
export interface Library extends Source {
  /** Resolves when all files that were there at the start are indexed. */
  readonly indexed: Promise<void>;
  /** Reads a file of the folder that is known to be complete, without waiting until it has settled. */
  add(path: string): Promise<void>;
  /** Says that more tracks come until `more` settles: a search that finds nothing waits for them. */
  readonly expectMore: (more: Promise<unknown>) => void;
  /** Names of the covers in use. */
  coverNames(): string[];
  close(): Promise<void>;
}

/** How long a search that finds nothing waits for files that are still being read. */
const FILLING_MS = 10_000;
/** Files come in crowds: a search that waits for them is not tried again for each. */
const WAKE_EVERY_MS = 200;
const CLAIMED = /^library:\/\/[0-9a-f]{64}$/;

/** Opens the folder. Resolves at once: its files are read beside. */
export async function openLibrary(options: LibraryOptions): Promise<Library> {
  await mkdir(options.folder, { recursive: true });
  const root = await realpath(options.folder);
  const catalog = createCatalog();
  const filling = createFilling(options.clock);
  const followed = followFolder(root, catalog, filling.changed, options);
  filling.expect(followed.indexed);

  async function find(ask: () => Track[], signal: AbortSignal): Promise<Track[]> {
    const tracks = await filling.until(() => nonEmpty(ask()), signal);
    return tracks ?? [];
  }

  async function lookUp(url: string, signal: AbortSignal) {
    const hash = url.slice(LIBRARY_SCHEME.length);
    const found = await filling.until(() => catalog.find(hash), signal);
    if (!found) throw new TrackNotFoundError("the library does not have this track");
    return found;
  }

  return {
    name: "library",
    indexed: followed.indexed,
    add: followed.add,
    close: followed.close,
    expectMore: filling.expect,
    coverNames: () => [...catalog.files()].map((file) => file.cover),
    probe: () =>
      access(options.folder, constants.R_OK).then(
        () => ({ ok: true, detail: describe(catalog.size(), followed.progress()) }),
        () => ({ ok: false, detail: "the folder cannot be read" }),
      ),
    search: (query, limit, signal) => find(() => catalog.search(query, limit), signal),
    searchByArtist: (artist, limit, signal) => find(() => catalog.searchByArtist(artist, limit), signal),
    canonicalUrl: (url) => (CLAIMED.test(url) ? url : undefined),
    list: async (url, signal) => ({ tracks: [(await lookUp(url, signal)).track], playlistTitle: "" }),
    async resolve(url, signal) {
      const { track, file } = await lookUp(url, signal);
      const { container, sizeBytes } = file;
      const fetch: FoundAudio["fetch"] = (target, ended) => fetchFile(track.id, target, { ...options, catalog, root }, ended);
      return { track, container, sizeBytes, fetch };
    },
  };
}

function describe(tracks: number, progress: { done: number; total: number } | undefined): string {
  const inWords = (count: number) => count.toLocaleString("en");
  if (progress) return `${inWords(progress.done)} of ${inWords(progress.total)} files read`;
  return `${inWords(tracks)} ${tracks === 1 ? "track" : "tracks"}`;
}

function nonEmpty(tracks: Track[]): Track[] | undefined {
  return tracks.length > 0 ? tracks : undefined;
}

interface FetchContext extends LibraryOptions {
  catalog: Catalog;
  root: string;
}

async function fetchFile(id: string, target: FetchTarget, context: FetchContext, signal: AbortSignal): Promise<FetchedAudio> {
  const { catalog, root, bytesPerSecond, clock } = context;
  const found = catalog.find(id);
  if (!found) throw new TrackNotFoundError("the library does not have this track any more");
  const { file } = found;
  const path = join(target.folder, "audio");
  await rm(path, { force: true }); // of a copy that was cut: it goes as fast from the start
  const onBytes = (bytes: number) => target.progress(bytes, file.sizeBytes);
  try {
    await stampFile(root, file.path, waitingAccess);
    await copyFile(file.path, path, { bytesPerSecond, clock, onBytes }, signal);
  } catch (cause) {
    const gone = cause instanceof NotATrackError || (cause instanceof Error && "code" in cause && cause.code === "ENOENT");
    if (gone) throw new TrackNotFoundError("the file of this track is gone", { cause });
    if (isUnreadable(cause)) throw new SourceUnavailableError("the file of this track cannot be read", { cause });
    throw cause;
  }
  return { path, container: file.container };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EPERM", "EIO", "ELOOP", "ESTALE"].includes(String(error.code));
}

/** Knows whether more tracks are on their way, and lets a search that found nothing wait for them, for a while. */
function createFilling(clock: Clock) {
  const pending = new Set<Promise<unknown>>();
  const waiters = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of waiters) wake();
    waiters.clear();
  };
  let resting = false;
  let missed = false;
  const changed = () => {
    missed = resting;
    if (resting) return;
    resting = true;
    wakeAll();
    clock.after(WAKE_EVERY_MS, () => {
      resting = false;
      if (missed) changed();
    });
  };
  return {
    changed,
    expect: (more: Promise<unknown>) => {
      const settled = () => {
        pending.delete(more);
        wakeAll();
      };
      pending.add(more);
      more.then(settled, settled);
    },
    /** The first answer that is not undefined; undefined once nothing more is to come. */
    async until<T>(ask: () => T | undefined, signal: AbortSignal): Promise<T | undefined> {
      const giveUp = new AbortController();
      const late = pause(clock, FILLING_MS, AbortSignal.any([signal, giveUp.signal])).then(() => "late" as const);
      try {
        for (;;) {
          const answer = ask();
          if (answer !== undefined || pending.size === 0) return answer;
          const change = new Promise<"changed">((resolve) => waiters.add(() => resolve("changed")));
          if ((await Promise.race([late, change])) === "late")
            throw new SourceUnavailableError("the library is still being read");
        }
      } finally {
        giveUp.abort();
        late.catch(() => {}); // ended by us, a moment ago
      }
    },
  };
}
