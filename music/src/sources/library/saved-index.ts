import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CONTAINERS } from "../source.js";
import type { LibraryFile } from "./catalog.js";

/** Raised when what is saved means something else; an older file is then read anew. */
const VERSION = 1;

/**
 * Reads what an earlier run knew of the files, so that a start does not read them all again.
 *
 * @returns files by path; empty when there is nothing to use
 */
export async function readSavedIndex(path: string): Promise<Map<string, LibraryFile>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const saved = parse(text);
  return new Map(saved.map((file) => [file.path, file]));
}

/** Writes the index; whoever reads meanwhile sees the old one or the new one. */
export async function writeSavedIndex(path: string, files: Iterable<LibraryFile>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await writeFile(part, JSON.stringify({ version: VERSION, files: [...files] }));
  await rename(part, path);
}

function parse(text: string): LibraryFile[] {
  try {
    const saved: unknown = JSON.parse(text);
    if (typeof saved !== "object" || saved === null || !("version" in saved) || !("files" in saved)) return [];
    return saved.version === VERSION && Array.isArray(saved.files) ? saved.files.filter(isLibraryFile) : [];
  } catch (error) {
    // Half a file, or somebody edited it: the folder itself has all that it says.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isLibraryFile(value: unknown): value is LibraryFile {
  if (typeof value !== "object" || value === null) return false;
  const has = (name: string, type: string) => typeof Reflect.get(value, name) === type;
  return (
    ["path", "hash", "title", "artist", "album", "license", "cover"].every((name) => has(name, "string")) &&
    ["sizeBytes", "modifiedMs", "durationSeconds"].every((name) => has(name, "number")) &&
    CONTAINERS.some((container) => container === Reflect.get(value, "container"))
  );
}
