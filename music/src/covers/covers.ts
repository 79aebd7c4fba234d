import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runWorker } from "../run-worker.js";
import { jpegSize } from "./jpeg-size.js";
import { MAX_COVER_BYTES, MAX_COVER_SIDE } from "./scale-cover.js";

/** Small pictures of tracks, kept in a folder of their own under names made from their content. */
export interface Covers {
  /** Absolute path of the folder. */
  readonly folder: string;
  /**
   * Keeps a picture, scaled to at most 320 pixels a side and 200 kB.
   *
   * @param picture a JPEG; other formats are left out
   * @returns its name, such as `0f….jpg`; undefined when it cannot be used
   */
  save(picture: Uint8Array, signal: AbortSignal): Promise<string | undefined>;
  has(name: string): Promise<boolean>;
  /** Removes every cover that is not named, unless it was saved within the last minute: somebody may be about to name it. */
  keepOnly(names: ReadonlySet<string>): Promise<void>;
}

const MAX_ORIGINAL_BYTES = 20_000_000;
const SCALE_TIMEOUT_MS = 20_000;
const YOUNG_MS = 60_000;
const SCALE_MEMORY_MB = 512;

/** Opens the folder, making it when needed. */
export async function createCovers(folder: string): Promise<Covers> {
  await mkdir(folder, { recursive: true });
  return {
    folder,
    async save(picture, signal) {
      const small = await shrink(picture, signal);
      if (!small) return undefined;
      const name = `${createHash("sha256").update(small).digest("hex").slice(0, 32)}.jpg`;
      const path = join(folder, name);
      const part = `${path}.part`;
      await writeFile(part, small);
      await rename(part, path);
      return name;
    },
    has: (name) => exists(join(folder, name)),
    async keepOnly(names) {
      for (const name of await readdir(folder)) {
        if (!names.has(name) && (await ageMs(join(folder, name))) > YOUNG_MS) await rm(join(folder, name), { force: true });
      }
    },
  };
}

async function shrink(picture: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const size = jpegSize(picture);
  if (!size || picture.byteLength > MAX_ORIGINAL_BYTES) return undefined;
  const fits = Math.max(size.width, size.height) <= MAX_COVER_SIDE && picture.byteLength <= MAX_COVER_BYTES;
  if (fits) return picture;
  let small: Uint8Array | undefined;
  const onMessage = (message: unknown) => {
    if (message instanceof Uint8Array) small = message;
  };
  const module = new URL("./cover-worker.js", import.meta.url);
  try {
    await runWorker(module, { data: picture, memoryMb: SCALE_MEMORY_MB, timeoutMs: SCALE_TIMEOUT_MS, onMessage }, signal);
  } catch (error) {
    signal.throwIfAborted();
    // A broken picture costs the track its cover, not its place.
    if (error instanceof Error) return undefined;
    throw error;
  }
  return small && small.byteLength <= MAX_COVER_BYTES ? small : undefined;
}

async function ageMs(path: string): Promise<number> {
  return Date.now() - (await stat(path)).mtimeMs;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false, // not there, or not readable: the same to us
  );
}
