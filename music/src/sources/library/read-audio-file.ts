import { createHash } from "node:crypto";
import { dirname, sep } from "node:path";
import { type IAudioMetadata, parseFromTokenizer, selectCover } from "music-metadata";
import { fromBuffer, fromFile, type ITokenizer } from "strtok3";
import { hashFile } from "../../hash-file.js";
import type { Container } from "../source.js";
import { HEAD_BYTES, MIME_TYPES, sniff, type SniffedKind, sniffFile } from "./sniff.js";
import { type FileAccess } from "./file-access.js";
import { titleFromName } from "./title-from-name.js";

/** Why a file of the folder is no track. Said in the log; never more than that. */
export class NotATrackError extends Error {
  override name = "NotATrackError";
}

/** A version of a file, to notice changes without reading it. */
export interface FileStamp {
  sizeBytes: number;
  /** Milliseconds since 1970, with fractions. */
  modifiedMs: number;
}

/** All that is read from one audio file. */
export interface AudioFileFacts {
  /** SHA-256 of the content, 64 lower-case hexadecimal digits. */
  hash: string;
  container: Container;
  title: string;
  artist: string;
  album: string;
  license: string;
  durationSeconds: number;
}

/** Facts, and the embedded picture as it is. */
export interface AudioFile {
  facts: AudioFileFacts;
  picture: Uint8Array | undefined;
}

/** Larger files are no tracks: a day of speech, or a disk image by another name. */
const MAX_FILE_BYTES = 512 * 1024 ** 2;
/** Smaller files are read in one go, which takes half of the time. */
const MAX_WHOLE_BYTES = 1024 ** 2;
/** A file that is still being parsed after that is not worth it. */
const PARSE_TIMEOUT_MS = 20_000;

/**
 * Stamp of a regular file inside the folder.
 *
 * @param root the folder's real path
 * @throws NotATrackError for links that lead out, and for what is no file, empty or huge
 */
export async function stampFile(root: string, path: string, access: FileAccess): Promise<FileStamp> {
  const stats = await access.lstat(path);
  if (stats.isSymbolicLink()) {
    const inside = (await access.realpath(path)).startsWith(root + sep);
    throw new NotATrackError(inside ? "a link to a file that is indexed itself" : "a link that leads out of the folder");
  }
  if (!stats.isFile()) throw new NotATrackError("not a regular file");
  // It is no link itself, but a folder on the way to it may be one.
  if (!`${await access.realpath(dirname(path))}${sep}`.startsWith(root + sep)) throw new NotATrackError("outside of the folder");
  if (stats.size === 0) throw new NotATrackError("empty");
  if (stats.size > MAX_FILE_BYTES) throw new NotATrackError("larger than 512 MiB");
  return { sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
}

/** The stamp again, of a file that was found to be one a moment ago. */
export async function restampFile(path: string, access: FileAccess): Promise<FileStamp> {
  const { size, mtimeMs } = await access.lstat(path);
  return { sizeBytes: size, modifiedMs: mtimeMs };
}

/**
 * Reads tags, duration, picture and the content's hash. Large files are streamed.
 *
 * @param sizeBytes of the file, roughly
 * @throws NotATrackError when the content is not audio that can be read
 */
export async function readAudioFile(
  path: string,
  sizeBytes: number,
  access: FileAccess,
  signal: AbortSignal,
): Promise<AudioFile> {
  return sizeBytes <= MAX_WHOLE_BYTES ? readWhole(path, access, signal) : readStreaming(path, signal);
}

async function readWhole(path: string, access: FileAccess, signal: AbortSignal): Promise<AudioFile> {
  const content = await access.readFile(path, signal);
  const kind = sniff(content.subarray(0, HEAD_BYTES));
  if (!kind) throw new NotATrackError("not audio");
  const metadata = await parse(fromBuffer(content), kind);
  return describe(path, kind, metadata, createHash("sha256").update(content).digest("hex"));
}

async function readStreaming(path: string, signal: AbortSignal): Promise<AudioFile> {
  const kind = await sniffFile(path);
  if (!kind) throw new NotATrackError("not audio");
  const metadata = await parse(await fromFile(path, { regularFileOnly: true }), kind);
  return describe(path, kind, metadata, await hashFile(path, signal));
}

function describe(path: string, kind: SniffedKind, metadata: IAudioMetadata, hash: string): AudioFile {
  const { common, format } = metadata;
  const durationSeconds = format.duration ?? 0;
  if (!Number.isFinite(durationSeconds) || durationSeconds <= 0) throw new NotATrackError("no audio in it");
  const named = titleFromName(path);
  const facts: AudioFileFacts = {
    hash,
    container: containerOf(kind, metadata),
    title: common.title?.trim() || named.title,
    artist: common.artist?.trim() || common.albumartist?.trim() || (common.title?.trim() ? "" : named.artist),
    album: common.album?.trim() ?? "",
    license: common.license?.trim() ?? "",
    durationSeconds,
  };
  return { facts, picture: selectCover(common.picture)?.data };
}

/** Closes the tokenizer. */
async function parse(tokenizer: ITokenizer, kind: SniffedKind): Promise<IAudioMetadata> {
  tokenizer.fileInfo.mimeType = MIME_TYPES[kind];
  // Closing the file is what stops a parser: the next read fails.
  const timer = setTimeout(() => void tokenizer.close().catch(ignoreClosed), PARSE_TIMEOUT_MS);
  try {
    return await parseFromTokenizer(tokenizer, { duration: true });
  } catch (cause) {
    // Parsers throw all kinds of errors at broken tags. None of them is ours.
    throw new NotATrackError(`broken: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    await tokenizer.close().catch(ignoreClosed);
  }
}

/** The parser may have closed the file already; a second close has nothing to add. */
function ignoreClosed() {}

function containerOf(kind: SniffedKind, { format }: IAudioMetadata): Container {
  const codec = format.codec ?? "";
  if (kind === "mp4") return /AAC/i.test(codec) && !format.hasVideo ? "m4a" : "mp4";
  // Layer II and friends carry the same magic number, and Telegram does not play them.
  if (kind === "mp3" && !/Layer 3/i.test(codec)) throw new NotATrackError(`unknown codec ${codec}`);
  return kind;
}
