import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SourceUnavailableError, TrackNotFoundError } from "../../errors.js";
import { HttpStatusError } from "../../http/http-errors.js";
import type { SourceHttp } from "../../http/source-http.js";
import { sniffFile } from "../library/sniff.js";
import type { Container, FetchedAudio, FetchTarget } from "../source.js";
import { encodeName } from "./archive-links.js";
import type { AudioFile } from "./recordings.js";

export interface FetchFileOptions {
  http: SourceHttp;
  baseUrl: string;
  identifier: string;
  file: AudioFile;
}

const MAX_COVER_BYTES = 2 * 1024 ** 2;
const COVER_TYPES = ["image/jpeg", "image/png"];

/** Brings one file, and the item's picture beside it. A file that was cut is gone on with. */
export async function fetchFile(options: FetchFileOptions, target: FetchTarget, signal: AbortSignal): Promise<FetchedAudio> {
  const path = join(target.folder, "audio");
  const ended = new AbortController();
  const cover = fetchCover(options, target.folder, AbortSignal.any([signal, ended.signal]));
  try {
    await download(options, path, target, signal);
    return { path, container: await containerOf(path), coverPath: await cover };
  } finally {
    ended.abort();
    await cover;
  }
}

async function download(
  { http, baseUrl, identifier, file }: FetchFileOptions,
  path: string,
  target: FetchTarget,
  signal: AbortSignal,
) {
  const { maxBytes } = target;
  const { sizeBytes } = file;
  const progress: FetchTarget["progress"] = (bytes, total) => target.progress(bytes, total);
  const url = `${baseUrl}/download/${identifier}/${encodeName(file.name)}`;
  try {
    await http.download(url, path, { maxBytes, sizeBytes, progress }, signal);
  } catch (cause) {
    // It told us of the item a moment ago: this is about the file, which is for people who sign in.
    const refused = cause instanceof HttpStatusError && (cause.status === 401 || cause.status === 403);
    throw refused ? new TrackNotFoundError("the archive does not give this file away", { cause }) : cause;
  }
}

/** What came, whatever it was announced as. */
async function containerOf(path: string): Promise<Container> {
  const kind = await sniffFile(path);
  if (kind === undefined) {
    await rm(path, { force: true });
    throw new SourceUnavailableError("the archive sent something that is no audio");
  }
  return kind === "mp4" ? mp4Of(path) : kind;
}

/** AAC alone plays as it is. */
async function mp4Of(path: string): Promise<Container> {
  const { parseFile } = await import("music-metadata");
  try {
    const { format } = await parseFile(path, { skipCovers: true });
    return /AAC/i.test(format.codec ?? "") && !format.hasVideo ? "m4a" : "mp4";
  } catch {
    return "mp4"; // what parsers stumble over may still be converted
  }
}

/** Never rejects: a track without a cover is a track. */
async function fetchCover({ http, baseUrl, identifier }: FetchFileOptions, folder: string, signal: AbortSignal) {
  try {
    const options = { maxBytes: MAX_COVER_BYTES, types: COVER_TYPES };
    const bytes = await http.bytes(`${baseUrl}/services/img/${identifier}`, options, signal);
    if (!isPicture(bytes)) return undefined;
    const path = join(folder, "cover");
    await writeFile(path, bytes);
    return path;
  } catch {
    return undefined; // whatever is wrong with the archive shows with the audio
  }
}

function isPicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 4)).toString("hex");
  return head.startsWith("ffd8ff") || head === "89504e47";
}
