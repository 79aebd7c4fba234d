import { drawCover } from "./draw-cover.js";
import { encodeMp3 } from "./encode-mp3.js";
import type { Piece } from "./pieces.js";
import { render } from "./render.js";

/** What anybody may do with our samples. */
const LICENSE = "CC0-1.0";

/** Makes one sample track: an MP3 with tags and cover. Takes about a second of one core. */
export function makeSample(piece: Piece): Promise<Uint8Array> {
  const { title, artist, album } = piece;
  const cover = { data: drawCover(piece), mimeType: "image/jpeg", kind: "coverFront" as const };
  return encodeMp3(render(piece), { title, artist, album, images: [cover], raw: { TCOP: LICENSE } });
}
