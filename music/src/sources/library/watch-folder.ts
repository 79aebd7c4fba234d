import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { extname, join, sep } from "node:path";

/** What a watched folder tells. */
export interface FolderEvents {
  readonly changed: (path: string) => void;
  gone(path: string): void;
  /** The folder can be followed no longer, or not wholly; what was seen stays. */
  failed(error: unknown): void;
}

/** A folder that is being followed. */
export interface WatchedFolder {
  /** Resolves when every file that was there at the start has been told. */
  ready: Promise<void>;
  close(): Promise<void>;
}

/** One folder, and what was last seen in it. */
interface Seen {
  /** Undefined where the system has no more watches to give: such folders are read again now and then. */
  watcher: FSWatcher | undefined;
  readonly files: Set<string>;
  readonly folders: Set<string>;
  readonly depth: number;
}

const EXTENSIONS = new Set(
  "aac aif aiff flac m4a m4b mka mp3 mp4 oga ogg opus wav webm".split(" ").map((extension) => `.${extension}`),
);
/** Folders nested deeper are not looked at. */
const MAX_DEPTH = 16;
/** Many events tell of one write. */
const LOOK_AFTER_MS = 50;
const READ_AGAIN_MS = 300_000;
/** Folders read at a time. */
const LANES = 4;

/**
 * Tells of every audio file in a folder and its subfolders, now and from now on. Does not follow links. Watches folders, not files:
 * of those there may be a hundred thousand, and what the system lets us watch is little.
 */
export function watchFolder(root: string, events: FolderEvents): WatchedFolder {
  const folders = new Map<string, Seen>();
  const looks = new Map<string, NodeJS.Timeout>();
  let closed = false;

  function start(path: string): FSWatcher | undefined {
    try {
      const watcher = watch(path, (_, name) => later(path, name ?? undefined));
      // A folder that was removed ends its watch with an error on some systems; its parent tells of that.
      watcher.on("error", () => watcher.close());
      return watcher;
    } catch (error) {
      if (!isMissing(error)) events.failed(error);
      return undefined;
    }
  }

  /** @param name undefined when the system does not say what has changed */
  function later(folder: string, name: string | undefined) {
    const path = name === undefined ? folder : join(folder, name);
    if (closed || looks.has(path) || name?.startsWith(".")) return;
    const look = () => {
      looks.delete(path);
      const looked = name === undefined ? readAll([folder]) : lookAt(folder, name);
      looked.catch((error: unknown) => events.failed(error));
    };
    looks.set(path, setTimeout(look, LOOK_AFTER_MS).unref());
  }

  async function lookAt(folder: string, name: string) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(ignoreMissing);
    const seen = folders.get(folder);
    if (closed || !seen) return;
    if (!stats && !seen.files.has(name) && !seen.folders.has(name)) return lookWhetherGone(folder);
    if (!stats?.isDirectory() && seen.folders.delete(name)) forget(path);
    if (!stats && seen.files.delete(name)) events.gone(path);
    if (stats?.isDirectory() && !folders.has(path) && seen.depth < MAX_DEPTH) {
      seen.folders.add(name);
      await readAll([path], seen.depth + 1);
    } else if (stats && !stats.isDirectory() && isAudioName(name)) {
      seen.files.add(name);
      events.changed(path);
    }
  }

  /** A folder that was moved away tells its own name, as if something in it had gone. */
  async function lookWhetherGone(folder: string) {
    if (!(await lstat(folder).catch(ignoreMissing)) && !closed) forget(folder);
  }

  /** All below is gone. */
  function forget(folder: string) {
    for (const [path, { watcher, files }] of folders) {
      if (path !== folder && !path.startsWith(folder + sep)) continue;
      watcher?.close();
      folders.delete(path);
      for (const name of files) events.gone(join(path, name));
    }
  }

  /** Reads folders and those below. */
  async function readAll(paths: readonly string[], depth = 0) {
    const queue = paths.map((path) => ({ path, depth: folders.get(path)?.depth ?? depth }));
    let reading = 0;
    await new Promise<void>((resolve, reject) => {
      const advance = () => {
        if (closed || (queue.length === 0 && reading === 0)) return resolve();
        for (let next = queue.pop(); next; next = reading < LANES ? queue.pop() : undefined) {
          const { path, depth: at } = next;
          reading += 1;
          readOne(path, at)
            .then((below) => {
              reading -= 1;
              for (const folder of below) queue.push({ path: folder, depth: at + 1 });
              advance();
            })
            .catch(reject);
        }
      };
      advance();
    });
  }

  /** Tells what is in a folder, and returns the folders in it. */
  async function readOne(path: string, depth: number): Promise<string[]> {
    const known = folders.get(path);
    // Watched first: what comes while it is read is told twice rather than never.
    const seen = known ?? { watcher: start(path), files: new Set(), folders: new Set(), depth };
    folders.set(path, seen);
    const items = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (!isMissing(error) && !isForbidden(error)) throw error;
      return [];
    });
    const names = new Set(items.map(({ name }) => name));
    for (const name of seen.files) if (!names.has(name) && seen.files.delete(name)) events.gone(join(path, name));
    for (const name of seen.folders) if (!names.has(name) && seen.folders.delete(name)) forget(join(path, name));
    const below: string[] = [];
    for (const item of items) {
      if (closed || item.name.startsWith(".")) continue;
      if (item.isDirectory() && depth < MAX_DEPTH) {
        seen.folders.add(item.name);
        below.push(join(path, item.name));
      } else if (!item.isDirectory() && isAudioName(item.name)) {
        seen.files.add(item.name);
        events.changed(join(path, item.name));
      }
    }
    return below;
  }

  const again = setInterval(() => {
    const unwatched = [...folders].filter(([, { watcher }]) => !watcher).map(([path]) => path);
    readAll(unwatched).catch((error: unknown) => events.failed(error));
  }, READ_AGAIN_MS).unref();

  return {
    ready: readAll([root]).catch((error: unknown) => events.failed(error)),
    close() {
      closed = true;
      clearInterval(again);
      for (const timer of looks.values()) clearTimeout(timer);
      for (const { watcher } of folders.values()) watcher?.close();
      return Promise.resolve();
    },
  };
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}

function isAudioName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase());
}
