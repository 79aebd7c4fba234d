import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceHttp } from "../../http/source-http.js";
import type { Info } from "./read-info.js";
import { pictureUrl } from "./read-track.js";

const MAX_PICTURE_BYTES = 5_000_000;

/** Brings the picture of a track. Never rejects: a track without its picture is still a track. */
export async function fetchCover(
  info: Info,
  folder: string,
  http: Pick<SourceHttp, "bytes">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const url = pictureUrl(info);
  if (url === "") return undefined;
  const path = join(folder, "cover.jpg");
  try {
    await writeFile(path, await http.bytes(url, { maxBytes: MAX_PICTURE_BYTES, types: ["image/"] }, signal));
    return path;
  } catch {
    return undefined; // whatever it was, the audio's own fate decides
  }
}
