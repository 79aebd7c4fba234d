import { open } from "node:fs/promises";
import type { Container } from "../source.js";

/** What the first bytes say; `mp4` stands for anything in MPEG-4, music or not. */
export type SniffedKind = Exclude<Container, "m4a">;

/** Types under which music-metadata knows them. */
export const MIME_TYPES: Readonly<Record<SniffedKind, string>> = {
  aac: "audio/aac",
  aiff: "audio/aiff",
  flac: "audio/flac",
  matroska: "audio/matroska",
  mp3: "audio/mpeg",
  mp4: "audio/mp4",
  ogg: "audio/ogg",
  wav: "audio/wav",
};

/** Enough for every magic number; MP3 frames may come a little later. */
export const HEAD_BYTES = 4096;

/** Reads the head of a file and says what it is, whatever its name says; undefined when it is no audio that we know. */
export async function sniffFile(path: string): Promise<SniffedKind | undefined> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return sniff(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The same for bytes at hand. */
export function sniff(head: Buffer): SniffedKind | undefined {
  const ascii = (from: number, to: number) => head.toString("latin1", from, to);
  if (ascii(0, 4) === "fLaC") return "flac";
  if (ascii(0, 4) === "OggS") return "ogg";
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WAVE") return "wav";
  if (ascii(0, 4) === "FORM" && ["AIFF", "AIFC"].includes(ascii(8, 12))) return "aiff";
  if (ascii(4, 8) === "ftyp") return "mp4";
  if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3) return "matroska";
  if (ascii(0, 3) === "ID3") return "mp3";
  return sniffFrames(head);
}

/** MPEG frames begin with eleven set bits; layer 0 there means AAC in ADTS. */
function sniffFrames(head: Buffer): SniffedKind | undefined {
  for (let at = 0; at + 3 < head.length; at++) {
    const second = head[at + 1] ?? 0;
    if (head[at] !== 0xff || (second & 0xe0) !== 0xe0) continue;
    const third = head[at + 2] ?? 0;
    const layer = (second >> 1) & 3;
    if (layer === 0 && (second & 0xf0) === 0xf0 && at === 0) return "aac";
    const isFrame = layer === 1 && ((second >> 3) & 3) !== 1 && third >> 4 !== 15 && third >> 4 !== 0 && ((third >> 2) & 3) !== 3;
    if (isFrame) return "mp3";
  }
  return undefined;
}
