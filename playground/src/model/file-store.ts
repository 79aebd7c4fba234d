import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Audio, Document, PhotoSize } from "../shapes/bot-api.js";

/** One kept file with what Telegram would say of it. */
export interface StoredFile {
  uniqueId: string;
  botId: number;
  /** Extension without a dot: part of `file_path`. */
  extension: string;
  mimeType: string;
  sizeBytes: number;
  /** What a message with this file shows, without ids that differ per bot. */
  content: { audio: Audio } | { document: Document } | { thumbnail: PhotoSize };
}

export interface FileLimits {
  maxBytes: number;
  maxFiles: number;
}

/** Uploaded files of all bots: a bounded folder in which the least recently used give way. */
export interface FileStore {
  /** A fresh path in the same file system, to receive an upload. */
  draftPath: () => string;
  newUniqueId(): string;
  /** Takes over the file at `draft` by atomic rename. */
  add(draft: string, file: StoredFile): Promise<void>;
  /** The file, marked as used. */
  find(uniqueId: string): StoredFile | undefined;
  path(file: StoredFile): string;
}

const DEFAULT_LIMITS: FileLimits = { maxBytes: 1024 ** 3, maxFiles: 1000 };

/** Opens the folder and reads its index. Drafts of an earlier run are removed. */
export async function openFileStore(folder: string, limits: FileLimits = DEFAULT_LIMITS): Promise<FileStore> {
  const drafts = join(folder, "drafts");
  await rm(drafts, { recursive: true, force: true });
  await mkdir(drafts, { recursive: true });
  const files = await readIndex(folder);
  const path = (file: StoredFile): string => join(folder, `${file.uniqueId}.${file.extension}`);
  const touch = (file: StoredFile): void => {
    files.delete(file.uniqueId);
    files.set(file.uniqueId, file);
  };
  const evict = async (): Promise<void> => {
    let bytes = [...files.values()].reduce((sum, file) => sum + file.sizeBytes, 0);
    for (const oldest of [...files.values()].slice(0, -1)) {
      if (bytes <= limits.maxBytes && files.size <= limits.maxFiles) return;
      files.delete(oldest.uniqueId);
      bytes -= oldest.sizeBytes;
      await rm(path(oldest), { force: true });
      await rm(`${path(oldest)}.json`, { force: true });
    }
  };
  return {
    draftPath: () => join(drafts, randomBytes(9).toString("hex")),
    newUniqueId: () => `AgAD${randomBytes(9).toString("base64url")}`,
    async add(draft, file) {
      // The description comes last: a file counts once both are there.
      const description = `${draft}.json`;
      await writeFile(description, JSON.stringify(file));
      await rename(draft, path(file));
      await rename(description, `${path(file)}.json`);
      touch(file);
      await evict();
    },
    find(uniqueId) {
      const file = files.get(uniqueId);
      if (file !== undefined) touch(file);
      return file;
    },
    path,
  };
}

/** Files by id, least recently stored first. */
async function readIndex(folder: string): Promise<Map<string, StoredFile>> {
  const found: { file: StoredFile; storedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".json")) continue;
    const stats = await stat(join(folder, name.slice(0, -".json".length))).catch(() => undefined); // gone: skipped below
    const file = await readDescription(join(folder, name));
    if (stats !== undefined && file !== undefined && stats.size === file.sizeBytes) found.push({ file, storedAt: stats.mtimeMs });
  }
  found.sort((a, b) => a.storedAt - b.storedAt);
  return new Map(found.map(({ file }) => [file.uniqueId, file]));
}

async function readDescription(path: string): Promise<StoredFile | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as StoredFile;
  } catch {
    return undefined; // A description cut short by a crash: its file counts as not stored.
  }
}

const PREFIX = "CQAC";

/** The `file_id` of a file: opaque to bots, and good for one bot only. */
export function fileId(file: Pick<StoredFile, "uniqueId" | "botId">): string {
  return `${PREFIX}${Buffer.from(`${file.botId}:${file.uniqueId}`).toString("base64url")}`;
}

/** Finds the file of a `file_id`; undefined for another bot's, an unknown or a mangled one. */
export function fileByFileId(store: FileStore, botId: number, id: string): StoredFile | undefined {
  const [, uniqueId = ""] = Buffer.from(id.slice(PREFIX.length), "base64url").toString("utf8").split(":");
  const file = store.find(uniqueId);
  return file?.botId === botId && fileId(file) === id ? file : undefined;
}
