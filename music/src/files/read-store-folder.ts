import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseStoredName } from "./file-names.js";
import type { KeptFiles } from "./kept-files.js";
import { readEntry, type StoredEntry } from "./stored-entry.js";

/**
 * Matches stored files with what is known of them and enters them in the books. What has no partner is removed.
 *
 * @returns entries by `requestKey`
 */
export async function readStoreFolder(folder: string, entriesFolder: string, kept: KeptFiles): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for (const entryName of await readdir(entriesFolder)) {
    const path = join(entriesFolder, entryName);
    const key = /^([0-9a-f]{64})\.json$/.exec(entryName)?.[1];
    const found = key === undefined ? undefined : await readWithFile(path, folder);
    if (key === undefined || !found) {
      await rm(path, { force: true, recursive: true });
      continue;
    }
    kept.add(found.entry.name, found.sizeBytes, found.usedAt).keys.add(key);
    entries.set(key, found.entry);
  }
  for (const item of await readdir(folder, { withFileTypes: true })) {
    if (item.isFile() && !kept.get(item.name)) await rm(join(folder, item.name), { force: true });
  }
  return entries;
}

async function readWithFile(path: string, folder: string) {
  const entry = await readEntry(path).catch(undefinedIfNoFile);
  if (!entry || !parseStoredName(entry.name)) return undefined;
  const stats = await stat(join(folder, entry.name)).catch(undefinedIfNoFile);
  if (!stats || stats.size !== Number(entry.file.sizeBytes)) return undefined;
  return { entry, sizeBytes: stats.size, usedAt: stats.mtimeMs };
}

function undefinedIfNoFile(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && ["ENOENT", "EISDIR"].includes(String(error.code)))) throw error;
  return undefined;
}
