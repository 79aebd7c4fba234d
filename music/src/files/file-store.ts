import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, statfs, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Stored, WorkRequest } from "../downloads/work.js";
import { isDiskFull, NoSpaceError } from "../errors.js";
import { fileCacheEvictions } from "../metrics.js";
import { requestKey } from "./file-names.js";
import { createKeptFiles, type KeptFiles } from "./kept-files.js";
import { readStoreFolder } from "./read-store-folder.js";
import { type StoredEntry, writeEntry } from "./stored-entry.js";

export interface FileStoreOptions {
  /** Folder of its own. */
  folder: string;
  /** Bound of all files together. */
  maxBytes: number;
  /** Milliseconds since 1970; replaced in tests. */
  now: () => number;
}

/** A file that stays while it is held. */
interface HeldFile {
  path: string;
  release(): void;
}

/** A folder for one fetch. */
interface Scratch {
  folder: string;
  remove(): Promise<void>;
}

/** The audio files that were fetched: a cache on disk, bounded in size. */
export interface FileStore {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** The stored result of a request, which then stays for 10 minutes at least. */
  find(request: WorkRequest): Promise<Stored | undefined>;
  /** Makes and keeps room for a file that is being fetched. @throws NoSpaceError */
  reserve(bytes: number): Promise<{ release(): void }>;
  scratch(): Promise<Scratch>;
  /** Moves a finished file in, as the result of all `requests`. @throws NoSpaceError */
  save(path: string, entry: StoredEntry, requests: readonly WorkRequest[]): Promise<void>;
  /** Holds a file for reading; undefined when there is none of that name. */
  hold(name: string): HeldFile | undefined;
  usage(): { files: number; bytes: number };
  /** Names of the covers that stored files show. */
  coverNames(): string[];
  /** Whether the folder can be used, and how full it is. */
  probe(): Promise<{ ok: boolean; detail: string }>;
}

/** Below that the next download is likely to fail. */
const MIN_FREE_BYTES = 64 * 1024 ** 2;

interface Context {
  folder: string;
  entriesFolder: string;
  partFolder: string;
  kept: KeptFiles;
  /** By `requestKey`. */
  entries: Map<string, StoredEntry>;
  now: () => number;
}

/** Opens the folder: forgets what is broken, removes what nobody knows and what was half-written. */
export async function openFileStore({ folder, maxBytes, now }: FileStoreOptions): Promise<FileStore> {
  const entriesFolder = join(folder, "entries");
  const partFolder = join(folder, ".part");
  await rm(partFolder, { recursive: true, force: true });
  for (const path of [folder, entriesFolder, partFolder]) await mkdir(path, { recursive: true });
  const kept = createKeptFiles(maxBytes, now);
  const context: Context = {
    folder,
    entriesFolder,
    partFolder,
    kept,
    now,
    entries: await readStoreFolder(folder, entriesFolder, kept),
  };
  return {
    folder,
    find: (request) => find(request, context),
    async reserve(bytes) {
      await makeRoom(bytes, context);
      return { release: kept.reserve(bytes) };
    },
    async scratch() {
      const path = join(partFolder, randomUUID());
      await mkdir(path);
      return { folder: path, remove: () => rm(path, { recursive: true, force: true }) };
    },
    save: (path, entry, requests) => save(path, entry, requests, context),
    hold(name) {
      const file = kept.get(name);
      return file && { path: join(folder, name), release: kept.hold(file) };
    },
    usage: () => ({ files: kept.count, bytes: kept.usedBytes() }),
    coverNames: () => [...context.entries.values()].flatMap((entry) => entry.file.thumbnailUrl.split("/").at(-1) ?? []),
    async probe() {
      const { bavail, bsize } = await statfs(folder);
      const detail = `${kept.count} files, ${inMb(kept.usedBytes())} of ${inMb(maxBytes)} MB`;
      return { ok: bavail * bsize > MIN_FREE_BYTES, detail };
    },
  };
}

async function find(request: WorkRequest, context: Context): Promise<Stored | undefined> {
  const entry = context.entries.get(requestKey(request.url, request.format));
  if (!entry) return undefined;
  try {
    await touch(entry.name, context);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    await evict(entry.name, context); // somebody removed it by hand
    return undefined;
  }
  return { file: entry.file, track: entry.track };
}

async function save(path: string, entry: StoredEntry, requests: readonly WorkRequest[], context: Context): Promise<void> {
  const { folder, entriesFolder, kept, entries, now } = context;
  const { name } = entry;
  const { size } = await stat(path);
  if (!kept.get(name)) await makeRoom(size, context);
  // In the books before it is on the disk, so that nobody else takes its room.
  const file = kept.add(name, size, now());
  try {
    await rename(path, join(folder, name));
    await touch(name, context);
    for (const { url, format } of requests) {
      const key = requestKey(url, format);
      await writeEntry(join(entriesFolder, `${key}.json`), entry);
      file.keys.add(key);
      entries.set(key, entry);
    }
  } catch (cause) {
    await evict(name, context);
    throw isDiskFull(cause) ? new NoSpaceError("the disk is full", { cause }) : cause;
  }
}

async function makeRoom(bytes: number, context: Context): Promise<void> {
  const victims = context.kept.victims(bytes);
  fileCacheEvictions.inc(victims.length);
  await Promise.all(victims.map((name) => evict(name, context)));
}

/** Forgets a file at once, then removes it and what was known of it. */
async function evict(name: string, { folder, entriesFolder, kept, entries }: Context): Promise<void> {
  const keys = [...(kept.get(name)?.keys ?? [])];
  kept.delete(name);
  for (const key of keys) entries.delete(key);
  await Promise.all(keys.map((key) => rm(join(entriesFolder, `${key}.json`), { force: true })));
  await rm(join(folder, name), { force: true });
}

/** Also on disk: a restart must not make an old file out of a young one. */
async function touch(name: string, { folder, kept, now }: Context): Promise<void> {
  const file = kept.get(name);
  if (file) file.usedAt = now();
  await utimes(join(folder, name), now() / 1000, now() / 1000);
}

function inMb(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
