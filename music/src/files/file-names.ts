import { createHash } from "node:crypto";

/** Extensions of what `/files/` serves, and their types. */
export const MIME_TYPES = { mp3: "audio/mpeg", m4a: "audio/mp4", jpg: "image/jpeg" } as const;
export type Extension = keyof typeof MIME_TYPES;

const NAME = /^[0-9a-f]{32}\.(mp3|m4a|jpg)$/;
const MAX_PART_CHARACTERS = 100;

/** Name of a stored file: made by us from its content, so that it says nothing and leads nowhere. */
export function storedName(sha256: string, extension: Extension): string {
  return `${sha256.slice(0, 32)}.${extension}`;
}

/** Extension of a name made by `storedName`; undefined for any other text. */
export function parseStoredName(name: string): Extension | undefined {
  const extension = NAME.exec(name)?.[1];
  return extension === "mp3" || extension === "m4a" || extension === "jpg" ? extension : undefined;
}

/** Name for a person's disk, such as `Artist - Title.mp3`: never a path, and fit for Windows too. */
export function readableName(artist: string, title: string, extension: Extension): string {
  const name = [artist, title].map(cleanPart).filter(Boolean).join(" - ");
  return `${name || "track"}.${extension}`;
}

function cleanPart(text: string): string {
  const clean = text
    .replace(/\p{Surrogate}/gu, "")
    // Formatting characters too: one that turns the direction of writing can hide an extension.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, " ")
    .replace(/\s+/gu, " ");
  return Array.from(clean.trim())
    .slice(0, MAX_PART_CHARACTERS)
    .join("")
    .replace(/^[. ]+|[. ]+$/g, "");
}

/** Key under which the result of one request is kept. */
export function requestKey(url: string, format: number): string {
  return createHash("sha256").update(`${format} ${url}`).digest("hex");
}
