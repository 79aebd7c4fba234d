import jpeg from "jpeg-js";

/** A JPEG with a gradient. */
export function bigJpeg(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 4);
  for (let at = 0; at < width * height; at++) data[at * 4] = ((at % width) * 255) / width;
  return jpeg.encode({ width, height, data }, 80).data;
}
