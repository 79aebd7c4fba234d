import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, opendir, readFile, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDiskFull, NoSpaceError } from "../errors.js";
import type { FileHome, HomeItem, OpenedFile, Shelf } from "./file-home.js";
import { parseStoredName } from "./file-names.js";
import { lockFolder } from "./lock-folder.js";

export interface LocalHomeOptions {
  /** Folder of its own; made when it does not exist. */
  folder: string;
  /** Milliseconds since 1970; replaced in tests. */
  now: () => number;
}

/** Below that the next download is likely to fail. */
const MIN_FREE_BYTES = 64 * 1024 ** 2;
/** Files that are looked at together: more would only wait for each other. */
const TOGETHER = 64;
const ENTRY_FILE = /^([0-9a-f]{64})\.json$/;

interface Folders {
  files: string;
  entries: string;
  /** What is being written. */
  part: string;
}

/**
 * A folder of one process: files in it, entries below.
 *
 * @throws StartError when another process uses the folder
 */
export async function openLocalHome({ folder, now }: LocalHomeOptions): Promise<FileHome> {
  const folders: Folders = { files: folder, entries: join(folder, "entries"), part: join(folder, ".part") };
  for (const path of Object.values(folders)) await mkdir(path, { recursive: true });
  const lock = await lockFolder(folder);
  // Ours alone: whatever lies there was left by a process that is gone.
  await rm(folders.part, { recursive: true, force: true });
  await mkdir(folders.part);
  const pathOf = (shelf: Shelf, name: string) => (shelf === "files" ? join(folder, name) : join(folders.entries, `${name}.json`));
  const inTime = (path: string) => utimes(path, now() / 1000, now() / 1000);
  return {
    shared: false,
    touchEveryMs: 0,
    list: (shelf, signal) => list(shelf, folders, signal),
    touch: (shelf, name) => trueIfThere(inTime(pathOf(shelf, name))),
    readEntry: (key) => readFile(pathOf("entries", key), "utf8").catch(undefinedIfNoFile),
    writeEntry: (key, text) =>
      takeIn(folders, pathOf("entries", key), async (part) => {
        await writeFile(part, text);
        await inTime(part);
      }),
    async put(name, path) {
      await inTime(path);
      await rename(path, pathOf("files", name)).catch(async (error: unknown) => {
        if (!hasCode(error, "EXDEV")) throw asNoSpace(error);
        await takeIn(folders, pathOf("files", name), async (part) => {
          await copyFile(path, part);
          await inTime(part);
        });
      });
    },
    open: (name) => openDiskFile(pathOf("files", name)),
    async remove(shelf, names) {
      for (let at = 0; at < names.length; at += TOGETHER)
        await Promise.all(names.slice(at, at + TOGETHER).map((name) => rm(pathOf(shelf, name), { force: true })));
      return [...names];
    },
    async probe() {
      const { bavail, bsize } = await statfs(folder);
      const ok = bavail * bsize > MIN_FREE_BYTES;
      return { ok, detail: ok ? "" : "the disk is nearly full" };
    },
    close: () => lock.release(),
  };
}

/** A file on this disk; undefined when there is none. */
export async function openDiskFile(path: string): Promise<OpenedFile | undefined> {
  const stats = await stat(path).catch(undefinedIfNoFile);
  if (!stats?.isFile()) return undefined;
  return { sizeBytes: stats.size, read: async (range, signal) => createReadStream(path, { ...range, signal }) };
}

/** Files that are not named by us are passed over: they are somebody else's. */
async function* list(shelf: Shelf, folders: Folders, signal: AbortSignal): AsyncGenerator<HomeItem> {
  const folder = folders[shelf];
  const nameOf = (file: string) => (shelf === "files" ? parseStoredName(file) && file : ENTRY_FILE.exec(file)?.[1]);
  let found: { name: string; path: string }[] = [];
  for await (const item of await opendir(folder, { bufferSize: 1_000 })) {
    signal.throwIfAborted();
    const name = item.isFile() ? nameOf(item.name) : undefined;
    if (name === undefined) continue;
    found.push({ name, path: join(folder, item.name) });
    if (found.length < TOGETHER) continue;
    yield* await look(found);
    found = [];
  }
  yield* await look(found);
}

async function look(found: readonly { name: string; path: string }[]): Promise<HomeItem[]> {
  const items = await Promise.all(
    found.map(async ({ name, path }) => {
      const stats = await stat(path).catch(undefinedIfNoFile);
      return stats && { name, sizeBytes: stats.size, usedAt: stats.mtimeMs };
    }),
  );
  return items.filter((item) => item !== undefined);
}

/** Writes beside, then renames: a reader sees the old file or the new one. */
async function takeIn({ part }: Folders, path: string, write: (part: string) => Promise<void>): Promise<void> {
  const beside = join(part, randomUUID());
  try {
    await write(beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw asNoSpace(error);
  }
}

function asNoSpace(error: unknown): unknown {
  return isDiskFull(error) ? new NoSpaceError("the disk is full", { cause: error }) : error;
}

function trueIfThere(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      undefinedIfNoFile(error);
      return false;
    },
  );
}

function undefinedIfNoFile(error: unknown): undefined {
  if (!hasCode(error, "ENOENT") && !hasCode(error, "EISDIR")) throw error;
  return undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
