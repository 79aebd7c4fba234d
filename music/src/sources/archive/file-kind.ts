import type { Container } from "../source.js";
import { textOf } from "./read-fields.js";

/** What kind of audio a file is, as its name and the archive's word for its format tell. */
export interface FileKind {
  /** Undefined when it shows only in the file. */
  readonly container: Container | undefined;
  /** Kinds of one family are the same encoding: two of them are two recordings rather than one. */
  readonly family: string;
  /** Lower is rather fetched. */
  readonly rank: number;
}

/**
 * What plays as it is comes first; a thin MP3 before Ogg, since it plays everywhere and costs no conversion; then what has to be
 * converted, the smaller first.
 */
const RANKS = { mp3: 0, m4a: 1, thinMp3: 2, ogg: 3, flac: 4, deepFlac: 5, raw: 6 } as const;

const KINDS: Readonly<Record<string, FileKind>> = {
  mp3: { container: "mp3", family: "mp3", rank: RANKS.mp3 },
  m4a: { container: undefined, family: "m4a", rank: RANKS.m4a },
  ogg: { container: "ogg", family: "ogg", rank: RANKS.ogg },
  oga: { container: "ogg", family: "ogg", rank: RANKS.ogg },
  opus: { container: "ogg", family: "ogg", rank: RANKS.ogg },
  aac: { container: "aac", family: "aac", rank: RANKS.ogg },
  flac: { container: "flac", family: "flac", rank: RANKS.flac },
  wav: { container: "wav", family: "raw", rank: RANKS.raw },
  aif: { container: "aiff", family: "raw", rank: RANKS.raw },
  aiff: { container: "aiff", family: "raw", rank: RANKS.raw },
};

/** The archive's words for what `KINDS` holds, for its search. */
export const SEARCHED_FORMATS: readonly string[] = [
  "MP3",
  "VBR MP3",
  "128Kbps MP3",
  "64Kbps MP3",
  "Ogg Vorbis",
  "Flac",
  "24bit Flac",
  "MPEG-4 Audio",
  "WAVE",
  "AIFF",
];

const THIN_BELOW_KBPS = 128;

/** Undefined for what is no audio, cannot be played or converted, or is a sample of half a minute. */
export function kindOf(name: string, format: unknown): FileKind | undefined {
  const extension = /\.([a-z0-9]{2,4})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const kind = Object.hasOwn(KINDS, extension) ? KINDS[extension] : undefined;
  const word = textOf(format);
  if (!kind || /sample/i.test(word)) return undefined;
  const kbps = Number(/^(\d+)\s*kbps/i.exec(word)?.[1] ?? THIN_BELOW_KBPS);
  if (kind.family === "mp3" && kbps < THIN_BELOW_KBPS) return { ...kind, rank: RANKS.thinMp3 };
  if (kind.family === "flac" && /24\s*bit/i.test(word)) return { ...kind, rank: RANKS.deepFlac };
  return kind;
}
