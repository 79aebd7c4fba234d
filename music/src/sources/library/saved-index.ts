import { createReadStream } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline/promises";
import { CONTAINERS } from "../source.js";
import type { LibraryFile } from "./catalog.js";

/** Raised when what is saved means something else; an older file is then read anew. */
const VERSION = 2;
/** Files written at once: a few milliseconds of work. */
const SLICE = 500;

/**
 * Reads what an earlier run knew of the files, so that a start does not read them all again: JSON Lines, the first of which says the
 * version. Calls go on being answered meanwhile, however long it is.
 *
 * @param saved gets the files by their path; none when there is nothing to use
 */
export async function readSavedIndex(path: string, saved: Map<string, LibraryFile>): Promise<void> {
  let version: unknown;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const value = parse(line);
      if (version === undefined) version = Reflect.get(Object(value), "version") ?? 0;
      else if (version === VERSION && isLibraryFile(value)) saved.set(value.path, value);
      if (version !== VERSION) break;
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/**
 * Writes the index in slices, between which `files` may change; whoever reads meanwhile sees the old one or the new one.
 */
export async function writeSavedIndex(path: string, files: Iterable<LibraryFile>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, "w");
  try {
    let lines = [JSON.stringify({ version: VERSION })];
    for (const entry of files) {
      lines.push(JSON.stringify(entry));
      if (lines.length < SLICE) continue;
      await file.appendFile(`${lines.join("\n")}\n`);
      lines = [];
    }
    await file.appendFile(lines.map((line) => `${line}\n`).join(""));
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/** Half a line, or somebody edited it: the folder itself has all that it says. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
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
