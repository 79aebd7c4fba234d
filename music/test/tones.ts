import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { encodeMp3 } from "../src/samples/encode-mp3.js";
import { SAMPLE_RATE } from "../src/samples/instruments.js";

export interface ToneTags {
  title?: string;
  artist?: string;
  album?: string;
  picture?: Uint8Array;
}

/** A small MP3; other frequencies make other contents. */
export function toneMp3(hertz: number, { title, artist, album, picture }: ToneTags = {}, seconds = 1): Promise<Uint8Array> {
  const left = Float32Array.from(
    { length: SAMPLE_RATE * seconds },
    (_, at) => 0.3 * Math.sin((2 * Math.PI * hertz * at) / SAMPLE_RATE),
  );
  const images = picture ? [{ data: picture, mimeType: "image/jpeg", kind: "coverFront" as const }] : [];
  const texts = Object.fromEntries(Object.entries({ title, artist, album }).filter(([, value]) => value !== undefined));
  return encodeMp3({ left, right: left }, { ...texts, images });
}

/** A small WAV without tags. */
export function toneWav(hertz: number, seconds = 1): Buffer {
  const rate = 8_000;
  const data = Buffer.alloc(rate * seconds * 2);
  for (let at = 0; at < rate * seconds; at++)
    data.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * hertz * at) / rate)), at * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/**
 * Whether ffmpeg is here. With CI=true a missing one is a failure: nothing is skipped there.
 * Elsewhere it says loudly what is skipped.
 */
export async function hasFfmpeg(): Promise<boolean> {
  try {
    await promisify(execFile)("ffmpeg", ["-version"]);
    return true;
  } catch (cause) {
    if (process.env.CI === "true") throw new Error("ffmpeg is missing, and CI skips nothing: apt-get install ffmpeg", { cause });
    process.stderr.write("\n!!! ffmpeg is not installed: tests of conversion are SKIPPED (apt-get install ffmpeg)\n");
    return false;
  }
}
