import { lstat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SourceUnavailableError, TooLargeError } from "../../errors.js";
import { sniffFile } from "../library/sniff.js";
import type { FetchedAudio, FetchTarget } from "../source.js";
import { DONE_MARK, fetchArguments, PROGRESS_MARK } from "./arguments.js";
import { type Info, listOf, numberOf, parseInfo, textOf } from "./read-info.js";
import { isAac } from "./read-track.js";
import { type RunContext, runYtdlp } from "./run-ytdlp.js";
import type { Site } from "./site.js";

export interface FetchAudioOptions {
  site: Site;
  /** What the look-up found. */
  info: Info;
  /** The track's address, asked once more when what was found has expired. */
  url: string;
  context: RunContext;
  /** Without a byte for so long it is given up. */
  stallMs: number;
  /** It is given up after so long whatever comes. */
  timeoutMs: number;
}

/** Brings the audio into the folder of the target, unchanged. */
export async function fetchAudio(options: FetchAudioOptions, target: FetchTarget, signal: AbortSignal): Promise<FetchedAudio> {
  const { site, info, url, context, timeoutMs } = options;
  if (context.program.kind !== "ready") throw new SourceUnavailableError("yt-dlp is not installed", { problem: "not_installed" });
  const { folder, maxBytes } = target;
  const infoFile = join(folder, "info.json");
  // Addresses in there may be as good as a key, and cookies are.
  await writeFile(infoFile, JSON.stringify(withoutBallast(info, url)), { mode: 0o600 });
  const watch = watchFetch(target, options.stallMs);
  let path: string | undefined;
  const onLine = (line: string) => {
    if (line.startsWith(PROGRESS_MARK)) watch.onProgress(line.slice(PROGRESS_MARK.length));
    if (line.startsWith(DONE_MARK)) path = readPath(line.slice(DONE_MARK.length));
  };
  const args = fetchArguments(site, { infoFile, folder, maxBytes }, context.program.abilities);
  try {
    await runYtdlp({ args, onLine, timeoutMs, endSignal: "SIGINT" }, context, AbortSignal.any([signal, watch.signal]));
  } finally {
    watch.stop();
  }
  // Said by silence: yt-dlp ends well when it leaves out what is too large.
  if (path === undefined) throw maxBytes > 0 ? new TooLargeError(maxBytes) : nothing();
  return readFetched(path, folder, info);
}

function nothing(cause?: unknown): SourceUnavailableError {
  return new SourceUnavailableError("the site sent nothing that is audio", { cause });
}

async function readFetched(path: string, folder: string, info: Info): Promise<FetchedAudio> {
  if (dirname(path) !== folder || !(await lstat(path)).isFile()) throw nothing();
  const kind = await sniffFile(path);
  if (kind === undefined) throw nothing();
  const isM4a = kind === "mp4" && path.endsWith(".m4a") && isAac(textOf(info, "acodec"));
  return { path, container: isM4a ? "m4a" : kind };
}

function readPath(json: string): string | undefined {
  const path: unknown = JSON.parse(json);
  return typeof path === "string" ? path : undefined;
}

/** Hands progress on; gives up when too much comes, or nothing. */
function watchFetch(target: FetchTarget, stallMs: number) {
  const giveUp = new AbortController();
  const stalled = () => giveUp.abort(new SourceUnavailableError("the site stopped sending", { problem: "timeout" }));
  let before = -1;
  let timer = setTimeout(stalled, stallMs);
  return {
    signal: giveUp.signal,
    onProgress(json: string) {
      const progress = parseInfo(json);
      if (!progress) return;
      const downloaded = Math.floor(numberOf(progress, "downloaded_bytes"));
      const total = Math.ceil(numberOf(progress, "total_bytes", "total_bytes_estimate"));
      if (target.maxBytes > 0 && downloaded > target.maxBytes) giveUp.abort(new TooLargeError(target.maxBytes));
      target.progress(downloaded, Math.max(total, total > 0 ? downloaded : 0));
      const finished = textOf(progress, "status") === "finished";
      if (!finished && downloaded === before) return;
      before = downloaded;
      clearTimeout(timer);
      // What comes after the last byte is local work, which has the limit of the whole run.
      if (!finished) timer = setTimeout(stalled, stallMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Most of what a look-up finds is of no use any more. */
const BALLAST = ["automatic_captions", "subtitles", "thumbnails", "description", "comments", "heatmap", "requested_downloads"];

function withoutBallast(info: Info, url: string): Info {
  const chosen = textOf(info, "format_id");
  const formats = listOf(info, "formats").filter((format) => textOf(format, "format_id") === chosen);
  const kept = Object.entries(info).filter(([name]) => !BALLAST.includes(name));
  return { ...Object.fromEntries(kept), ...(formats.length > 0 ? { formats } : {}), webpage_url: url, original_url: url };
}
