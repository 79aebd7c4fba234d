import { join } from "node:path";
import type { Catalog, LibraryFile } from "./catalog.js";
import { createIndexer, type Indexer } from "./indexer.js";
import type { LibraryOptions } from "./library-options.js";
import { readSavedIndex, writeSavedIndex } from "./saved-index.js";
import { watchFolder } from "./watch-folder.js";

/** A folder whose files are in the catalog, or on their way there. */
export interface FollowedFolder {
  /** Resolves when all files that were there at the start are indexed. */
  readonly indexed: Promise<void>;
  /** How far that is; undefined when it is done. */
  progress(): { done: number; total: number } | undefined;
  /** Reads a file that is known to be complete; the path is inside the folder. */
  readonly add: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Changes come in crowds: the index is written once for all of them. */
const SAVE_DELAY_MS = 2_000;
/** A long index is written less often: at most a twentieth of the time goes into it. */
const SAVE_SHARE = 20;
const LOG_EVERY_MS = 5_000;

/** Reads the folder, follows it, and keeps the index on disk. */
export function followFolder(
  root: string,
  catalog: Catalog,
  onCatalogChange: () => void,
  options: LibraryOptions,
): FollowedFolder {
  const { logger } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const saver = createSaver(catalog, options);
  const onChange = () => {
    onCatalogChange();
    saver.changed();
  };
  let isIndexed = false;
  const saved = new Map<string, LibraryFile>();
  const indexer = createIndexer({ ...options, root, catalog, saved, onChange }, signal);
  const failed = (error: unknown) => logger.warn({ err: error }, "library folder is not followed wholly");
  let close = () => Promise.resolve();
  const indexed = (async () => {
    await readSavedIndex(options.indexFile, saved);
    if (signal.aborted) return;
    const watched = watchFolder(root, { changed: indexer.changed, gone: indexer.gone, failed });
    close = () => watched.close();
    const stopLogging = logProgress(indexer, options);
    await watched.ready;
    await indexer.idle();
    stopLogging();
    saved.clear();
    isIndexed = true;
    if (!signal.aborted) logger.info({ tracks: catalog.size() }, "library indexed");
  })();
  return {
    indexed,
    progress: () => (isIndexed ? undefined : indexer.progress()),
    add: (path) => indexer.add(join(root, path)),
    close: async () => {
      closing.abort(new Error("the library is closing"));
      await close();
      await indexer.close();
      await indexed.catch(() => {}); // whoever opened the library has heard of it
      await saver.close();
    },
  };
}

/** A line now and then, for whoever waits for a large folder. */
function logProgress(indexer: Indexer, { clock, logger }: LibraryOptions): () => void {
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(LOG_EVERY_MS, () => {
      logger.info(indexer.progress(), "library is being read");
      again();
    });
  };
  again();
  return () => cancel();
}

function createSaver(catalog: Catalog, { clock, indexFile, logger }: LibraryOptions) {
  let cancel: (() => void) | undefined;
  let saving = Promise.resolve();
  let delayMs = SAVE_DELAY_MS;
  const save = async () => {
    const startedAt = clock.now();
    await writeSavedIndex(indexFile, catalog.files()).catch((error: unknown) =>
      logger.warn({ err: error }, "library index not saved"),
    );
    delayMs = Math.max(SAVE_DELAY_MS, (clock.now() - startedAt) * SAVE_SHARE);
    cancel = undefined;
  };
  return {
    changed: () => {
      cancel ??= clock.after(delayMs, () => {
        saving = save();
      });
    },
    close: async () => {
      cancel?.();
      await saving;
      await save();
    },
  };
}
