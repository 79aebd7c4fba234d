import { basename, extname, sep } from "node:path";
import { watch } from "chokidar";

/** What a watched folder tells. */
export interface FolderEvents {
  changed(path: string): void;
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

/** Tells of every audio file in a folder and its subfolders, now and from now on. Does not follow links. */
export function watchFolder(folder: string, events: FolderEvents): WatchedFolder {
  const watcher = watch(folder, {
    followSymlinks: false,
    depth: MAX_DEPTH,
    ignorePermissionErrors: true,
    // Hidden files are somebody's half-written ones; below the folder only, which may itself be hidden.
    ignored: (path, stats) =>
      path.startsWith(folder + sep) && (basename(path).startsWith(".") || (stats?.isFile() === true && !isAudioName(path))),
  });
  watcher.on("add", (path) => isAudioName(path) && events.changed(path));
  watcher.on("change", (path) => isAudioName(path) && events.changed(path));
  watcher.on("unlink", (path) => events.gone(path));
  watcher.on("error", (error) => events.failed(error));
  return {
    ready: new Promise((resolve) => watcher.once("ready", resolve)),
    close: () => watcher.close(),
  };
}

function isAudioName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase());
}
