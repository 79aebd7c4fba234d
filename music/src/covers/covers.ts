import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storedName } from "../files/file-names.js";
import { MAX_ORIGINAL_BYTES, shrinkPicture } from "./shrink-picture.js";

/** Small pictures of tracks, kept in a folder of their own under names made from their content. */
export interface Covers {
  /** Absolute path of the folder. */
  readonly folder: string;
  /**
   * Keeps a picture, scaled to at most 320 pixels a side and 200 kB.
   *
   * @param picture a JPEG; with ffmpeg a PNG, WebP, GIF or BMP too
   * @returns its name, such as `0f….jpg`; undefined when it cannot be used
   */
  save(picture: Uint8Array, signal: AbortSignal): Promise<string | undefined>;
  /** The same for a picture in a file, without keeping it: it is written to `to`. */
  shrinkFile(from: string, to: string, signal: AbortSignal): Promise<string | undefined>;
  has(name: string): Promise<boolean>;
  /** Removes every cover that is not named, unless it was saved within the last minute: somebody may be about to name it. */
  keepOnly(names: ReadonlySet<string>): Promise<void>;
}

const YOUNG_MS = 60_000;
/** Pictures that are made small together: each may take a core and half a gigabyte. */
const TOGETHER = 2;

/** Opens the folder, making it when needed. @param toolPath where ffmpeg is looked for */
export async function createCovers(folder: string, toolPath = ""): Promise<Covers> {
  await mkdir(folder, { recursive: true });
  const inTurn = createTurns(TOGETHER);
  const shrink = (picture: Uint8Array, signal: AbortSignal) => inTurn(() => shrinkPicture(picture, { toolPath, folder }, signal));
  return {
    folder,
    async save(picture, signal) {
      const small = await shrink(picture, signal);
      if (!small) return undefined;
      const name = nameOf(small);
      const part = join(folder, `${randomUUID()}.part`);
      try {
        await writeFile(part, small);
        await rename(part, join(folder, name));
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      return name;
    },
    async shrinkFile(from, to, signal) {
      const stats = await stat(from);
      if (!stats.isFile() || stats.size > MAX_ORIGINAL_BYTES) return undefined;
      const small = await shrink(await readFile(from, { signal }), signal);
      if (!small) return undefined;
      await writeFile(to, small);
      return nameOf(small);
    },
    has: (name) => exists(join(folder, name)),
    async keepOnly(names) {
      for (const name of await readdir(folder)) {
        if (!names.has(name) && (await ageMs(join(folder, name))) > YOUNG_MS) await rm(join(folder, name), { force: true });
      }
    },
  };
}

function nameOf(jpeg: Uint8Array): string {
  return storedName(createHash("sha256").update(jpeg).digest("hex"), "jpg");
}

/** Runs so many works at a time; the others wait for their turn. */
function createTurns(together: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= together) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

async function ageMs(path: string): Promise<number> {
  return Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs; // gone meanwhile: nothing to remove
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false, // not there, or not readable: the same to us
  );
}
