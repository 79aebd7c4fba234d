import type { Readable } from "node:stream";

/** `files`: audio and covers under names made by `storedName`. `entries`: what they answer, under `requestKey`s. */
export type Shelf = "files" | "entries";

/** What lies on a shelf. */
export interface HomeItem {
  name: string;
  sizeBytes: number;
  /** When it was last used, in milliseconds since 1970. */
  usedAt: number;
}

/** First and last byte, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A file went between being found and being read. */
export class FileGoneError extends Error {
  override name = "FileGoneError";
}

/** A file that can be read. */
export interface OpenedFile {
  readonly sizeBytes: number;
  /** Default: the whole file. @throws FileGoneError */
  read(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
}

/**
 * Where stored files lie: a folder, or a bucket. Knows nothing of bounds and promises; that is the work of the store above it.
 *
 * Rejections: NoSpaceError when it is full, QueueUnavailableError when it cannot be reached.
 */
export interface FileHome {
  /** True: other replicas put, use and remove too. */
  readonly shared: boolean;
  /** A use is written down at most so often, in milliseconds. */
  readonly touchEveryMs: number;
  /** Everything on a shelf, in no order. */
  list(shelf: Shelf, signal: AbortSignal): AsyncIterable<HomeItem>;
  /** Writes down that something is used now. @returns false when it is not there, or is being removed */
  touch(shelf: Shelf, name: string): Promise<boolean>;
  /** Undefined when there is none. */
  readEntry(key: string): Promise<string | undefined>;
  /** Whole or not at all. */
  writeEntry(key: string, text: string): Promise<void>;
  /** Takes a file in, whole or not at all; one of that name is the same file. It may be moved away from where it lay. */
  put(name: string, path: string): Promise<void>;
  /** Undefined when there is none. @param knownBytes its size, when that is known already */
  open(name: string, knownBytes: number | undefined, signal: AbortSignal): Promise<OpenedFile | undefined>;
  /** Removes what has not been used since, in milliseconds since 1970. @returns the names of what is gone now */
  remove(shelf: Shelf, names: readonly string[], idleSince: number): Promise<string[]>;
  /** Whether it can be used; a few words for `/health`. */
  probe(): Promise<{ ok: boolean; detail: string }>;
  close(): Promise<void>;
}
