/** Pixels of an image. */
export interface PixelSize {
  width: number;
  height: number;
}

const MAX_BYTES = 200_000;
const MAX_SIDE = 320;

/** What breaks Telegram's rules for thumbnails; undefined: nothing. */
export function jpegProblem(sizeBytes: number, size: PixelSize | undefined): string | undefined {
  if (sizeBytes > MAX_BYTES) return `larger than ${MAX_BYTES} bytes`;
  if (size === undefined) return "not a JPEG";
  if (Math.max(size.width, size.height) > MAX_SIDE) return `${size.width}×${size.height} is more than ${MAX_SIDE} pixels a side`;
  return undefined;
}

/** Reads the frame header of a JPEG; undefined when this is none. */
export function readJpegSize(data: Buffer): PixelSize | undefined {
  if (data.length < 4 || data.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= data.length; ) {
    if (data[at] !== 0xff) return undefined;
    const marker = data[at + 1] ?? 0;
    // SOF0–SOF15 hold the size; DHT, JPG and DAC share their range.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) };
    }
    at += 2 + data.readUInt16BE(at + 2);
  }
  return undefined;
}
