import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../service.js";
import { createInventor, type InventedTrack } from "./invent-tracks.js";

const FRAMES_OF = join(ROOT, "e2e/fixtures/library/Paper Lanterns - Believer.mp3");
const FILES_PER_FOLDER = 100;
/** About half a second of sound. */
const AUDIO_BYTES = 12_500;
const WRITERS = 16;

/** Fills a folder with small MP3s whose tags, and so contents, differ. The same files for the same number. */
export async function makeLibrary(folder: string, files: number): Promise<InventedTrack[]> {
  const invent = createInventor();
  const tracks = Array.from({ length: files }, (_, index) => invent(index));
  const audio = frames(readFileSync(FRAMES_OF));
  for (let at = 0; at < files; at += FILES_PER_FOLDER) await mkdir(dirname(folder, at), { recursive: true });
  let next = 0;
  const writer = async () => {
    while (next < files) {
      const index = next++;
      const track = tracks[index];
      if (track) await writeFile(join(dirname(folder, index), `${index}.mp3`), Buffer.concat([tag(track), audio]));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return tracks;
}

function dirname(folder: string, index: number): string {
  const at = Math.floor(index / FILES_PER_FOLDER);
  return join(folder, `shelf ${Math.floor(at / 50)}`, `box ${at}`);
}

/** Some frames from the middle of an MP3: from its start they would claim the length of all. */
function frames(mp3: Buffer): Buffer {
  const size = mp3.subarray(6, 10).reduce((sum, byte) => sum * 128 + byte, 0);
  // Frames of one file begin alike, but for the bit of padding in the third byte.
  const [first = 0, second = 0, third = 0] = mp3.subarray(10 + size);
  const isHead = (at: number) => mp3[at] === first && mp3[at + 1] === second && ((mp3[at + 2] ?? 0) | 2) === (third | 2);
  let from = mp3.length - 2 * AUDIO_BYTES;
  while (from < mp3.length && !isHead(from)) from += 1;
  return mp3.subarray(from, from + AUDIO_BYTES);
}

/** ID3 2.4, in UTF-8. */
function tag({ title, artist, album }: InventedTrack): Buffer {
  const texts = Object.entries({ TIT2: title, TPE1: artist, TALB: album }).map(([id, text]) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from(id), synchsafe(bytes.length + 1), Buffer.from([0, 0, 3]), bytes]);
  });
  const body = Buffer.concat(texts);
  return Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0]), synchsafe(body.length), body]);
}

function synchsafe(size: number): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f));
}
