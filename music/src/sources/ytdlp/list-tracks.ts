import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { LiveError, TrackNotFoundError, UnsupportedUrlError } from "../../errors.js";
import { oneLine } from "../../track.js";
import { type LinkedTracks, MAX_LINKED_TRACKS } from "../source.js";
import { entriesArguments } from "./arguments.js";
import { type Asked, inQueue, lookUp, run, type SiteContext } from "./ask-ytdlp.js";
import { followShortLink } from "./follow-short-link.js";
import { type Info, listOf, parseInfo, textOf } from "./read-info.js";
import { isLive, isPlaceholder, readTrack } from "./read-track.js";
import { collectLines } from "./run-ytdlp.js";
import { type Site, trackUrl } from "./site.js";

/** The tracks behind a canonical link. */
export async function listTracks(link: string, context: SiteContext, signal: AbortSignal): Promise<LinkedTracks> {
  const { site, shared } = context;
  const { url, kind } = await longLink(link, context, signal);
  const { times, queues } = shared;
  return inQueue(queues.asks, context, signal, async (program) => {
    const about = { ...context, program, timeoutMs: times.ask };
    if (kind === "list" && site.bareLists) return listOneByOne(url, about, signal);
    const info = await lookUp(url, about, signal);
    if (textOf(info, "_type") !== "playlist") return { tracks: [aliveTrack(info, url, site)], playlistTitle: "" };
    const tracks = tracksOf(listOf(info, "entries"), site);
    return { tracks: tracks.slice(0, MAX_LINKED_TRACKS), playlistTitle: nameOf(info, "title") };
  });
}

/** Lists whose entries are bare numbers: each is looked up, as many as there is time for. */
async function listOneByOne(url: string, asked: Asked, signal: AbortSignal): Promise<LinkedTracks> {
  const args = entriesArguments(asked.site, url, MAX_LINKED_TRACKS, asked.program.abilities);
  const { lines, onLine } = collectLines(MAX_LINKED_TRACKS);
  const { entries: timeoutMs } = asked.shared.times;
  try {
    await run({ args, onLine, timeoutMs, endSignal: "SIGTERM" }, asked, signal);
  } catch (error) {
    // Some tracks are better than none; those that could not be looked up make yt-dlp end with an error, too.
    if (signal.aborted || lines.length === 0) throw error;
  }
  const infos = lines.map(parseInfo);
  const first = infos.find((info) => info !== undefined);
  return {
    tracks: tracksOf(infos, asked.site),
    playlistTitle: first ? nameOf(first, "playlist_title", "playlist") : "",
  };
}

/** What a link leads to that only the site can tell. */
export async function longLink(link: string, { site, shared }: SiteContext, signal: AbortSignal) {
  const read = site.readLink(link);
  if (!read) throw new UnsupportedUrlError("no source handles this link");
  if (read.kind !== "short") return read;
  const long = site.readLink(await followShortLink(read.url, shared.http, signal));
  if (!long || long.kind === "short") throw new TrackNotFoundError("the link leads to nothing that can be fetched");
  return long;
}

/** @throws LiveError */
export function aliveTrack(info: Info, url: string, site: Site): Track {
  if (isLive(info)) throw new LiveError("this is a live stream, which has no end");
  return readTrack(info, url, site);
}

/** Tracks, each once, without those that nobody can hear, or that are none. */
export function tracksOf(infos: readonly (Info | undefined)[], site: Site): Track[] {
  const tracks = new Map<string, Track>();
  for (const info of infos) {
    // Of a search in SoundCloud, `url` is that of its programming interface.
    const address = info && [textOf(info, "webpage_url"), textOf(info, "url")].find((url) => trackUrl(site, url) !== undefined);
    const url = address === undefined ? undefined : trackUrl(site, address);
    if (!info || url === undefined || isLive(info) || isPlaceholder(info)) continue;
    if (!tracks.has(url)) tracks.set(url, readTrack(info, url, site));
  }
  return [...tracks.values()];
}

function nameOf(info: Info, ...names: readonly string[]): string {
  return oneLine(textOf(info, ...names).slice(0, 1_000));
}
