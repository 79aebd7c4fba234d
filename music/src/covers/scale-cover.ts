import jpeg from "jpeg-js";

/** Telegram's limits for a thumbnail. */
export const MAX_COVER_SIDE = 320;
export const MAX_COVER_BYTES = 200_000;

const QUALITY = 85;
/** A larger picture would take seconds and a gigabyte. */
const DECODE_LIMITS = { maxResolutionInMP: 25, maxMemoryUsageInMB: 400 } as const;

/**
 * Makes a JPEG at most 320 pixels a side.
 *
 * @throws when the picture is broken or larger than 25 megapixels
 */
export function scaleCover(original: Uint8Array): Uint8Array {
  const { width, height, data } = jpeg.decode(original, { useTArray: true, formatAsRGBA: true, ...DECODE_LIMITS });
  const scale = Math.min(1, MAX_COVER_SIDE / Math.max(width, height));
  const small = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const pixels = average(data, { width, height }, small);
  return jpeg.encode({ ...small, data: pixels }, QUALITY).data;
}

interface Size {
  width: number;
  height: number;
}

/** Every new pixel is the mean of the old ones that it covers. */
function average(from: Uint8Array, old: Size, small: Size): Uint8Array {
  const to = new Uint8Array(small.width * small.height * 4);
  for (let y = 0; y < small.height; y++) {
    const rows = span(y, small.height, old.height);
    for (let x = 0; x < small.width; x++) {
      const columns = span(x, small.width, old.width);
      const area = (rows.end - rows.start) * (columns.end - columns.start);
      const sums = [0, 0, 0, 0];
      for (let row = rows.start; row < rows.end; row++) {
        for (let column = columns.start; column < columns.end; column++) {
          const at = (row * old.width + column) * 4;
          for (let channel = 0; channel < 4; channel++) sums[channel] = (sums[channel] ?? 0) + (from[at + channel] ?? 0);
        }
      }
      for (let channel = 0; channel < 4; channel++)
        to[(y * small.width + x) * 4 + channel] = Math.round((sums[channel] ?? 0) / area);
    }
  }
  return to;
}

function span(index: number, small: number, old: number): { start: number; end: number } {
  const start = Math.floor((index * old) / small);
  return { start, end: Math.max(start + 1, Math.floor(((index + 1) * old) / small)) };
}
