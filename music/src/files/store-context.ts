import type { Logger } from "@refrain/mesh";
import type { FileHome } from "./file-home.js";
import type { KeptFiles } from "./kept-files.js";
import type { RecentEntries } from "./recent-entries.js";

/** What came and went, for whoever tells the other replicas: names of files, and keys of entries. */
export interface StoreChange {
  added: readonly string[];
  removed: readonly string[];
}

export interface FileStoreOptions {
  home: FileHome;
  /** Bound of all files together. */
  maxBytes: number;
  /** Files that nobody has used for so long go; 0 = never. */
  maxAgeMs: number;
  /** Milliseconds since 1970; replaced in tests. */
  now: () => number;
  logger: Logger;
  /** Does what one replica at a time may do; undefined when another does it. Default: there is no other. */
  alone?: (<T>(work: () => Promise<T>) => Promise<T | undefined>) | undefined;
  /** Told before a file that was saved is announced to anybody else, and after files went. Never rejects. */
  onChange?: ((change: StoreChange) => Promise<void>) | undefined;
}

/** What the parts of a store share. */
export interface StoreContext extends FileStoreOptions {
  kept: KeptFiles;
  recent: RecentEntries;
  /** What was used within so many milliseconds stays. */
  youngMs: number;
  ready: Promise<void>;
  /** Files on their way out, by name. */
  removing: Map<string, Promise<unknown>>;
  closing: AbortController;
}
