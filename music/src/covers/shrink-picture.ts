import { runWorker } from "../run-worker.js";
import { convertPicture, type ConvertPictureOptions } from "./convert-picture.js";
import { jpegSize } from "./jpeg-size.js";
import { MAX_COVER_BYTES, MAX_COVER_SIDE } from "./scale-cover.js";

/** Larger pictures are left out. */
export const MAX_ORIGINAL_BYTES = 20_000_000;
const SCALE_TIMEOUT_MS = 20_000;
const SCALE_MEMORY_MB = 512;

/**
 * Makes a JPEG of at most 320 pixels a side and 200 kB.
 *
 * @returns undefined when the picture cannot be used
 */
export async function shrinkPicture(
  picture: Uint8Array,
  options: ConvertPictureOptions,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (picture.byteLength > MAX_ORIGINAL_BYTES) return undefined;
  const size = jpegSize(picture);
  if (size && fits(size, picture)) return picture;
  const small = (size && (await scale(picture, signal))) ?? (await convertPicture(picture, options, signal));
  // Whoever made it: what is shown as a cover is one.
  const made = small && jpegSize(small);
  return made && fits(made, small) ? small : undefined;
}

function fits({ width, height }: { width: number; height: number }, { byteLength }: Uint8Array): boolean {
  return width > 0 && height > 0 && Math.max(width, height) <= MAX_COVER_SIDE && byteLength <= MAX_COVER_BYTES;
}

/** In a thread beside: decoding takes up to seconds. */
async function scale(picture: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
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
  return small;
}
