import { constants } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";

/** What belongs to the bytes that are there: without it they cannot be gone on from. */
export interface PartNote {
  /** The link that was asked for. */
  readonly url: string;
  /** A strong ETag, or the time of the last change, as `If-Range` takes it. */
  readonly validator: string;
  /** 0 when the source did not say. */
  readonly totalBytes: number;
  readonly contentType: string;
}

/** A file that is not complete yet: `PATH.part`, and beside it `PATH.part.json`, which says of what. */
export interface PartFile {
  /** What is there already and may be gone on from. */
  found(): Promise<{ size: number; note: PartNote } | undefined>;
  /** Throws away what there is. Without a note it cannot be gone on from later. */
  begin(note: PartNote | undefined): Promise<FileHandle>;
  /** Goes on at the end of what is there. */
  goOn(): Promise<FileHandle>;
  /** Gives the file its name. */
  complete(): Promise<void>;
  remove(): Promise<void>;
}

/** Never through a link that lies there, and for us alone. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
const MODE = 0o600;

export function partFile(path: string, url: string): PartFile {
  const part = `${path}.part`;
  const noted = `${part}.json`;
  const remove = () => Promise.all([rm(noted, { force: true }), rm(part, { force: true })]);
  return {
    async found() {
      const note = await readNote(noted);
      const size = await stat(part).then(({ size }) => size, absent);
      return note?.url === url && size ? { size, note } : undefined;
    },
    async begin(note) {
      // In this order, so that whenever it ends, a note is never beside bytes of something else.
      await remove();
      const handle = await open(part, FLAGS | constants.O_TRUNC, MODE);
      if (note) await writeFile(noted, JSON.stringify(note), { mode: MODE });
      return handle;
    },
    goOn: () => open(part, FLAGS | constants.O_APPEND, MODE),
    async complete() {
      await rename(part, path);
      await rm(noted, { force: true });
    },
    async remove() {
      await remove();
    },
  };
}

async function readNote(path: string): Promise<PartNote | undefined> {
  const text = await readFile(path, "utf8").catch(absent);
  if (text === undefined) return undefined;
  try {
    const note: unknown = JSON.parse(text);
    return isNote(note) ? note : undefined;
  } catch {
    // Half written when the power went: then there is nothing to go on from.
    return undefined;
  }
}

function isNote(value: unknown): value is PartNote {
  if (typeof value !== "object" || value === null) return false;
  const { url, validator, totalBytes, contentType } = value as Record<string, unknown>;
  return [url, validator, contentType].every((text) => typeof text === "string") && Number.isSafeInteger(totalBytes);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
