import type { Site } from "./site.js";

/** What this build and this machine can do. */
export interface Abilities {
  /** Of the JavaScript runtime to name, such as `node:/usr/bin/node`; undefined: none has to be, or can be, named. */
  readonly jsRuntime: string | undefined;
  /** Whether progress can be told less often than with every block. */
  readonly progressDelta: boolean;
}

/** Marks what we asked to be printed among everything else. */
export const PROGRESS_MARK = "@P ";
export const DONE_MARK = "@D ";

/** Protocols that yt-dlp speaks itself, through the proxy; it would start other tools for the rest. */
const PROTOCOLS = "[protocol~='^(https?|m3u8|m3u8_native|http_dash_segments)$']";
/** What Telegram plays as it is comes first; then whatever is there. */
const FORMATS = ["bestaudio[ext=m4a]", "bestaudio[ext=mp3]", "bestaudio", "best"].map((format) => format + PROTOCOLS).join("/");
const PROGRESS = `download:${PROGRESS_MARK}%(progress.{status,downloaded_bytes,total_bytes,total_bytes_estimate})j`;
const SOCKET_TIMEOUT_S = 15;
const PROGRESS_EVERY_S = 0.2;

/**
 * Of every run. Only named extractors: the generic one fetches whatever it is given. The proxy is in the environment: arguments can
 * be read by everybody on the machine, and `--proxy` leaves FTP to itself in older builds.
 */
function common(site: Site, { jsRuntime }: Abilities): string[] {
  const always = ["--ignore-config", "--no-cache-dir", "--socket-timeout", String(SOCKET_TIMEOUT_S), "--ies", ies(site)];
  return jsRuntime === undefined ? always : [...always, "--js-runtimes", jsRuntime];
}

/** Each by its full name, alone or as an operator's plugin has changed it: that one's name goes on with a plus sign. */
function ies({ extractors }: Site): string {
  return extractors.map((name) => `${name.replace(/[.+]/g, "\\$&").replace("*", ".*")}(\\+.*)?`).join(",");
}

/** One line of JSON for each hit. */
export function searchArguments(site: Site, query: string, count: number, abilities: Abilities): string[] {
  const options = ["--no-warnings", "--retries", "1", "--extractor-retries", "1", "--flat-playlist", "-j"];
  return [...common(site, abilities), ...options, "--", `${site.searchWord}${count}:${query}`];
}

/** One line of JSON: the track with its formats, or the list with its entries. */
export function lookUpArguments(site: Site, url: string, maxEntries: number, abilities: Abilities): string[] {
  const options = ["--retries", "2", "--extractor-retries", "1", "--no-playlist", "--flat-playlist"];
  return [...common(site, abilities), ...options, "--playlist-end", String(maxEntries), "-f", FORMATS, "-J", "--", url];
}

/** One line of JSON for each track of a list, as soon as it has been looked up; those that cannot be are left out. */
export function entriesArguments(site: Site, url: string, maxEntries: number, abilities: Abilities): string[] {
  const options = ["--no-warnings", "--retries", "1", "--ignore-errors", "--ignore-no-formats-error", "--lazy-playlist"];
  return [...common(site, abilities), ...options, "--playlist-end", String(maxEntries), "-j", "--", url];
}

/** Fetches what a look-up found, without asking the site once more; goes on with what an earlier run left. */
export function fetchArguments(
  site: Site,
  { infoFile, folder, maxBytes }: { infoFile: string; folder: string; maxBytes: number },
  abilities: Abilities,
): string[] {
  const options = ["--no-playlist", "--no-warnings", "--no-mtime", "--newline", "--progress"];
  if (abilities.progressDelta) options.push("--progress-delta", String(PROGRESS_EVERY_S));
  // What has expired is an error only with this, and then asked for once more by its page.
  options.push("--abort-on-error", "--retries", "3", "--fragment-retries", "3");
  // Taken out of a video, or of a container that few play, but never encoded anew: whoever asks may want another format.
  options.push("-f", FORMATS, "-x", "--audio-format", "best", "--break-match-filters", "!is_live");
  if (maxBytes > 0) options.push("--max-filesize", String(maxBytes));
  options.push("--progress-template", PROGRESS, "--print", `after_move:${DONE_MARK}%(filepath)j`);
  // The format is part of the name, so that a part of one is not continued with another. Nothing else foreign is.
  options.push("-P", folder, "-o", "audio.%(format_id).32S.%(ext)s", "--restrict-filenames");
  return [...common(site, abilities), ...options, "--load-info-json", infoFile];
}
