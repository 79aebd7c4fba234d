import { basename, extname } from "node:path";

/** What a file name tells when the tags do not. */
export interface NamedTrack {
  title: string;
  /** Empty when the name does not say. */
  artist: string;
}

/** Reads names such as `Artist - Title.mp3`, `01. Artist – Title.flac` and `03 Title.ogg`; underscores count as spaces. */
export function titleFromName(path: string): NamedTrack {
  const name = basename(path, extname(path)).replaceAll("_", " ").replace(/\s+/gu, " ").trim();
  const numberless = name.replace(/^\d{1,3}(?:\s*[.)-]\s*|\s+)(?=\S)/u, "");
  const [artist, ...title] = numberless.split(/\s+[-–—]\s+/u);
  if (artist && title.length > 0) return { artist, title: title.join(" - ") };
  return { artist: "", title: numberless || name };
}
