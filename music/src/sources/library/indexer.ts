import type { Logger } from "@refrain/mesh";
import type { Clock } from "../../clock.js";
import type { Covers } from "../../covers/covers.js";
import type { Catalog, LibraryFile } from "./catalog.js";
import { type FileStamp, NotATrackError, readAudioFile, stampFile } from "./read-audio-file.js";

export interface IndexerOptions {
  /** Real path of the folder. */
  root: string;
  catalog: Catalog;
  covers: Covers;
  /** Files as an earlier run knew them, by path. */
  saved: ReadonlyMap<string, LibraryFile>;
  clock: Clock;
  logger: Logger;
  /** A file has to stay the same for so long before it is read, in milliseconds. */
  settleMs: number;
  /** Called after every change of the catalog. */
  onChange: () => void;
}

/** Reads files, a few at a time, and keeps the catalog true. */
export interface Indexer {
  /** A file was added or has changed: it is read as soon as it has settled. */
  readonly changed: (path: string) => void;
  /** A file is known to be complete: it is read at once. Resolves when it is in the catalog, or was skipped. */
  add(path: string): Promise<void>;
  readonly gone: (path: string) => void;
  /** Resolves when nothing that has settled is left to read. */
  idle(): Promise<void>;
}

/** More files than that are not indexed: the catalog lives in memory. */
const MAX_FILES = 50_000;
/** Files read at a time: one hashes while the other waits for the disk. */
const LANES = 2;

export function createIndexer(options: IndexerOptions, signal: AbortSignal): Indexer {
  const { root, catalog, clock, settleMs, onChange } = options;
  const waiting = new Set<string>();
  const reading = new Set<string>();
  /** Files that were seen too young: their stamp then, and what stops the timer. */
  const settling = new Map<string, { stamp: FileStamp; cancel: () => void }>();
  const idlers = new Set<() => void>();

  function advance() {
    for (const path of waiting) {
      if (reading.size >= LANES || signal.aborted) break;
      // A change while a file is read waits until that is done.
      if (reading.has(path)) continue;
      waiting.delete(path);
      reading.add(path);
      void index(path, false).finally(() => {
        reading.delete(path);
        advance();
      });
    }
    if (reading.size > 0 || (waiting.size > 0 && !signal.aborted)) return;
    for (const wake of idlers) wake();
    idlers.clear();
  }

  /** Never rejects. */
  async function index(path: string, complete: boolean) {
    try {
      if (!catalog.file(path) && catalog.size() >= MAX_FILES) throw new NotATrackError(`more than ${MAX_FILES} files`);
      const stamp = await stampFile(root, path);
      if (!complete && !hasSettled(path, stamp)) return settle(path, stamp);
      const file = await readFile(path, stamp, options, signal);
      if (!isSame(stamp, await stampFile(root, path))) return settle(path, stamp);
      catalog.add(file);
    } catch (error) {
      if (signal.aborted) return;
      catalog.remove(path);
      logSkipped(options.logger, path, error);
    }
    onChange();
  }

  function hasSettled(path: string, stamp: FileStamp): boolean {
    const before = settling.get(path);
    settling.delete(path);
    // Clocks of file servers may run ahead, hence the absolute value.
    return (before !== undefined && isSame(before.stamp, stamp)) || Math.abs(Date.now() - stamp.modifiedMs) >= settleMs;
  }

  function settle(path: string, stamp: FileStamp) {
    settling.get(path)?.cancel();
    const cancel = clock.after(settleMs, () => {
      waiting.add(path);
      advance();
    });
    settling.set(path, { stamp, cancel });
  }

  function unsettle(path: string) {
    settling.get(path)?.cancel();
    settling.delete(path);
  }

  signal.addEventListener("abort", () => [...settling.keys()].forEach(unsettle), { once: true });

  return {
    changed: (path) => {
      unsettle(path);
      waiting.add(path);
      advance();
    },
    add(path) {
      unsettle(path);
      return index(path, true);
    },
    gone: (path) => {
      unsettle(path);
      waiting.delete(path);
      catalog.remove(path);
      onChange();
    },
    idle: () => (reading.size + waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.add(resolve))),
  };
}

function isSame(one: FileStamp, other: FileStamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.modifiedMs === other.modifiedMs;
}

/** The file as it is known already, or else read. */
async function readFile(path: string, stamp: FileStamp, options: IndexerOptions, signal: AbortSignal): Promise<LibraryFile> {
  const known = options.catalog.file(path) ?? options.saved.get(path);
  if (known && isSame(known, stamp) && (known.cover === "" || (await options.covers.has(known.cover)))) return known;
  const { facts, picture } = await readAudioFile(path, signal);
  const cover = picture ? await options.covers.save(picture, signal) : undefined;
  return { path, ...stamp, ...facts, cover: cover ?? "" };
}

function logSkipped(logger: Logger, path: string, error: unknown) {
  if (error instanceof NotATrackError) logger.info({ path, why: error.message }, "library file skipped");
  // Gone between the notice and the reading, or not readable by us.
  else logger.warn({ path, err: error }, "library file cannot be read");
}
