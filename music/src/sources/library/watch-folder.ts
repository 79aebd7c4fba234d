import { readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { watch } from "chokidar";

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

const EXTENSIONS = new Set(
  "aac aif aiff flac m4a m4b mka mp3 mp4 oga ogg opus wav webm".split(" ").map((extension) => `.${extension}`),
);
/** Folders nested deeper are not looked at. */
const MAX_DEPTH = 16;
const LOOK_AGAIN_MS = 500;

/** Tells of every audio file in a folder and its subfolders, now and from now on. Does not follow links. */
export function watchFolder(folder: string, events: FolderEvents): WatchedFolder {
  const watcher = watch(folder, {
    followSymlinks: false,
    depth: MAX_DEPTH,
    ignorePermissionErrors: true,
    ignored: (path, stats) => path !== folder && (isHidden(folder, path) || (stats?.isFile() === true && !isAudioName(path))),
  });
  const isWanted = (path: string) => isAudioName(path) && !isHidden(folder, path);
  const looks = new Set<NodeJS.Timeout>();
  // What is written into a new folder before its own watch is set up raises no event: so it is looked at once more.
  const lookAgain = (path: string) => {
    const timer = setTimeout(() => {
      looks.delete(timer);
      listFiles(path).then((files) => files.filter(isWanted).forEach(events.changed), ignoreMissing(events));
    }, LOOK_AGAIN_MS);
    looks.add(timer.unref());
  };
  watcher.on("add", (path) => isWanted(path) && events.changed(path));
  watcher.on("change", (path) => isWanted(path) && events.changed(path));
  watcher.on("unlink", (path) => events.gone(path));
  watcher.on("error", (error) => events.failed(error));
  watcher.once("ready", () => watcher.on("addDir", lookAgain));
  return {
    ready: new Promise((resolve) => watcher.once("ready", resolve)),
    close() {
      for (const timer of looks) clearTimeout(timer);
      return watcher.close();
    },
  };
}

/** All files below a folder, without following links. */
async function listFiles(folder: string): Promise<string[]> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true });
  return items.filter((item) => !item.isDirectory()).map((item) => join(item.parentPath, item.name));
}

/** A folder that has gone since has nothing to tell. */
function ignoreMissing(events: FolderEvents) {
  return (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") events.failed(error);
  };
}

/** Hidden files are somebody's half-written ones. Below the folder only: it may be hidden itself. */
function isHidden(folder: string, path: string): boolean {
  return relative(folder, path)
    .split(sep)
    .some((part) => part.startsWith("."));
}

function isAudioName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase());
}
