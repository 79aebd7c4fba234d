import { createHash } from "node:crypto";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { createTrack } from "../../track.js";
import { cleanTitle } from "../clean-title.js";
import type { Container } from "../source.js";
import { type Info, listOf, numberOf, textOf } from "./read-info.js";
import type { Site } from "./site.js";

/** More than anybody reads; sites have been seen to send whole texts. */
const MAX_NAME = 1_000;
const ID = /^[\w.:-]{1,200}$/;
const PLACEHOLDER = /^\[?(?:private|deleted|unavailable) video\]?$/i;
const LIVE: ReadonlySet<string> = new Set(["is_live", "is_upcoming", "post_live"]);
/** Sides of the picture that is shown, in pixels: larger ones are scaled down. */
const COVER_SIDE = 320;
const MAX_PICTURE_URL = 2_048;

/** Whether it goes on, or has not begun. */
export function isLive(info: Info): boolean {
  return info.is_live === true || LIVE.has(textOf(info, "live_status"));
}

/** Something in the place of a track that nobody can hear. */
export function isPlaceholder(info: Info): boolean {
  return PLACEHOLDER.test(textOf(info, "title").trim());
}

/** @param url the track's one address */
export function readTrack(info: Info, url: string, site: Site): Track {
  const name = readName(info, url);
  const id = textOf(info, "id");
  return createTrack({
    ...name,
    id: ID.test(id) ? id : createHash("sha256").update(url).digest("hex").slice(0, 32),
    url,
    source: site.name,
    durationSeconds: numberOf(info, "duration"),
    thumbnailUrl: pictureUrl(info),
    album: textOf(info, "album").slice(0, MAX_NAME),
    license: textOf(info, "license").slice(0, MAX_NAME),
  });
}

/** What the rights holder says, where the site has it; else what the upload is called. */
function readName(info: Info, url: string) {
  const cut = (...names: readonly string[]) => textOf(info, ...names).slice(0, MAX_NAME);
  const [track, artist] = [cut("track"), artistOf(info)];
  if (track !== "" && artist !== "") return { title: track, uploader: artist };
  return cleanTitle({ title: cut("title") || titleFromUrl(url), uploader: cut("channel", "uploader", "artist") });
}

function artistOf(info: Info): string {
  const { artists } = info;
  const names = Array.isArray(artists) ? artists.filter((name): name is string => typeof name === "string") : [];
  return (names.length > 0 ? names.slice(0, 10).join(", ") : textOf(info, "artist")).slice(0, MAX_NAME);
}

/** Lists may have nothing but addresses: `…/some-song` is better than nothing. */
function titleFromUrl(url: string): string {
  const last = new URL(url).pathname.split("/").findLast((part) => part !== "") ?? "";
  return last.replaceAll(/[-_]+/g, " ");
}

/** The smallest JPEG that is large enough, else the largest; empty when there is none. */
export function pictureUrl(info: Info): string {
  const pictures = listOf(info, "thumbnails")
    .map((picture) => ({ url: textOf(picture, "url"), side: Math.max(numberOf(picture, "width"), numberOf(picture, "height")) }))
    .filter(({ url }) => isJpegUrl(url))
    .toSorted((one, other) => one.side - other.side);
  const found = picture(pictures)?.url ?? textOf(info, "thumbnail");
  return isJpegUrl(found) ? found : "";
}

function picture<P extends { side: number }>(pictures: readonly P[]): P | undefined {
  return pictures.find(({ side }) => side >= COVER_SIDE) ?? pictures.at(-1);
}

function isJpegUrl(url: string): boolean {
  if (url.length > MAX_PICTURE_URL || !URL.canParse(url)) return false;
  const { protocol, pathname } = new URL(url);
  return protocol === "https:" && /\.jpe?g$/i.test(pathname);
}

/** What a fetch will bring, as far as the look-up tells. */
export function readAudio(info: Info): { container: Container | undefined; sizeBytes: number } {
  const [ext, audioCodec, videoCodec] = [textOf(info, "ext"), textOf(info, "acodec"), textOf(info, "vcodec")];
  // The audio is taken out of a video, so the size is that of something else.
  if (videoCodec !== "none" && videoCodec !== "") return { container: undefined, sizeBytes: 0 };
  const sizeBytes = Math.round(numberOf(info, "filesize"));
  if (ext === "mp3") return { container: "mp3", sizeBytes };
  if (ext === "m4a" && isAac(audioCodec)) return { container: "m4a", sizeBytes };
  return { container: ext === "opus" || ext === "ogg" || audioCodec === "opus" ? "ogg" : undefined, sizeBytes };
}

/** True too when the site does not say: what else is in there is rare. */
export function isAac(codec: string): boolean {
  return codec === "" || /^(?:mp4a|aac)/i.test(codec);
}
