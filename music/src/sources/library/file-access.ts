import { lstatSync, readFileSync, realpathSync, type Stats } from "node:fs";
import { lstat, readFile, realpath } from "node:fs/promises";

/** How files are asked for. */
export interface FileAccess {
  lstat(path: string): Stats | Promise<Stats>;
  realpath(path: string): string | Promise<string>;
  readFile(path: string, signal: AbortSignal): Buffer | Promise<Buffer>;
}

/** For the thread that answers calls. */
export const waitingAccess: FileAccess = {
  lstat: (path) => lstat(path),
  realpath: (path) => realpath(path),
  readFile: (path, signal) => readFile(path, { signal }),
};

/** For threads that have nothing else to do: handing each question to the thread pool takes longer than its answer. */
export const directAccess: FileAccess = {
  lstat: (path) => lstatSync(path),
  realpath: (path) => realpathSync.native(path),
  readFile: (path) => readFileSync(path),
};
