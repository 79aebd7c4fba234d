import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool, ToolError } from "../convert/run-tool.js";
import { MAX_COVER_SIDE } from "./scale-cover.js";

/** First bytes of pictures that are converted, and the demuxer that may read them: ffmpeg's own guess could be a playlist. */
const DEMUXERS: readonly (readonly [test: (head: string) => boolean, demuxer: string])[] = [
  [(head) => head.startsWith("\x89PNG\r\n\x1a\n"), "png_pipe"],
  [(head) => head.startsWith("RIFF") && head.slice(8, 12) === "WEBP", "webp_pipe"],
  [(head) => /^GIF8[79]a/.test(head), "gif"],
  [(head) => head.startsWith("BM"), "bmp_pipe"],
  [(head) => head.startsWith("\xff\xd8"), "jpeg_pipe"],
];
const HEAD_BYTES = 16;
/** A picture that says it is larger is not decoded: it would take gigabytes. */
const MAX_PIXELS = 25_000_000;
const CONVERT_MS = 10_000;
/** Out of 31, 1 is best: some 40 kB. */
const QUALITY = "4";

export interface ConvertPictureOptions {
  /** Where ffmpeg is looked for. */
  toolPath: string;
  /** For the two files that ffmpeg needs; nothing stays in it. */
  folder: string;
}

/**
 * Makes a small JPEG of a picture of another format.
 *
 * @returns undefined when it is of no known format or broken, takes too long, or ffmpeg is not installed
 */
export async function convertPicture(
  picture: Uint8Array,
  { toolPath, folder }: ConvertPictureOptions,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const head = Buffer.from(picture.subarray(0, HEAD_BYTES)).toString("latin1");
  const demuxer = DEMUXERS.find(([test]) => test(head))?.[1];
  if (!demuxer) return undefined;
  const id = randomUUID();
  const [from, to] = [join(folder, `${id}.in.part`), join(folder, `${id}.out.part`)];
  const ended = AbortSignal.any([signal, AbortSignal.timeout(CONVERT_MS)]);
  try {
    await writeFile(from, picture);
    await runTool({ command: "ffmpeg", args: ffmpegArgs(demuxer, from, to), toolPath, onLine: () => {} }, ended);
    return await readFile(to);
  } catch (error) {
    signal.throwIfAborted();
    // A broken picture costs the track its cover, not its place.
    if (error instanceof ToolError || ended.aborted) return undefined;
    throw error;
  } finally {
    await rm(from, { force: true });
    await rm(to, { force: true });
  }
}

function ffmpegArgs(demuxer: string, from: string, to: string): string[] {
  const input = ["-max_pixels", String(MAX_PIXELS), "-protocol_whitelist", "file", "-f", demuxer, "-i", `file:${from}`];
  const side = `'min(${MAX_COVER_SIDE},iw)':'min(${MAX_COVER_SIDE},ih)':force_original_aspect_ratio=decrease`;
  const scale = ["-vf", `scale=${side},format=yuvj420p`, "-map_metadata", "-1"];
  const output = ["-frames:v", "1", ...scale, "-c:v", "mjpeg", "-q:v", QUALITY, "-f", "mjpeg", `file:${to}`];
  return ["-hide_banner", "-nostdin", "-v", "error", "-threads", "1", ...input, ...output];
}
