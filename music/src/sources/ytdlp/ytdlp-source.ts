import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Logger } from "@refrain/mesh";
import type PQueue from "p-queue";
import { LiveError, SourceUnavailableError, TrackNotFoundError, UnsupportedUrlError } from "../../errors.js";
import type { SourceHttp } from "../../http/source-http.js";
import { sounds } from "../library/search-text.js";
import { type FoundAudio, type LinkedTracks, MAX_LINKED_TRACKS, type Source, type SourceState } from "../source.js";
import { entriesArguments, lookUpArguments, searchArguments } from "./arguments.js";
import type { RunTimes } from "./create-ytdlp-sources.js";
import { fetchAudio } from "./fetch-audio.js";
import { fetchCover } from "./fetch-cover.js";
import { followShortLink } from "./follow-short-link.js";
import type { KeptProgram } from "./kept-program.js";
import { type Program, TOO_OLD_MONTHS } from "./program.js";
import { type Info, listOf, parseInfo, textOf } from "./read-info.js";
import { isLive, isPlaceholder, readAudio, readTrack } from "./read-track.js";
import { collectLines, type Run, type RunContext, runYtdlp } from "./run-ytdlp.js";
import { type Site, trackUrl } from "./site.js";
import { youtube } from "./youtube.js";

/** What all sites of one yt-dlp share. */
export interface YtdlpShared {
  program: KeptProgram;
  http: Pick<SourceHttp, "bytes">;
  logger: Logger;
  queues: Readonly<Record<"asks" | "lookUps" | "fetches", PQueue>>;
  /** Of each queue. */
  maxWaiting: number;
  times: RunTimes;
  run: Omit<RunContext, "program" | "isYoutube">;
}

type ReadyProgram = Extract<Program, { kind: "ready" }>;

/** Names of performers are compared afterwards, which leaves some out. */
const ARTIST_FACTOR = 2;
const MAX_HITS = 50;

/** One site as a source. */
export function createYtdlpSource(site: Site, shared: YtdlpShared): Source {
  const { times, queues } = shared;
  const context = { site, shared };

  async function search(query: string, count: number, signal: AbortSignal): Promise<Track[]> {
    if (site.searchWord === undefined) return [];
    return inQueue(queues.asks, context, signal, async (program) => {
      const args = searchArguments(site, oneLine(query), count, program.abilities);
      const lines = await readOutput(args, { ...context, program, maxLines: count, timeoutMs: times.ask }, signal);
      return tracksOf(lines.map(parseInfo), site);
    });
  }

  return {
    name: site.name,
    probe: async (signal) => describe(await shared.program.get(signal), site),
    search: async (query, limit, signal) => (await search(query, Math.min(limit, MAX_HITS), signal)).slice(0, limit),
    async searchByArtist(artist, limit, signal) {
      const wanted = sounds(artist);
      const found = await search(artist, Math.min(limit * ARTIST_FACTOR, MAX_HITS), signal);
      return found.filter(({ uploader }) => isPerformer(uploader, wanted)).slice(0, limit);
    },
    canonicalUrl: (url) => site.readLink(url)?.url,
    list: (url, signal) => list(url, context, signal),
    resolve: (url, signal) => resolve(url, context, signal),
  };
}

interface SiteContext {
  site: Site;
  shared: YtdlpShared;
}

async function list(link: string, context: SiteContext, signal: AbortSignal): Promise<LinkedTracks> {
  const { site, shared } = context;
  const { url, kind } = await longLink(link, context, signal);
  const { times, queues } = shared;
  return inQueue(queues.asks, context, signal, async (program) => {
    const about = { ...context, program, timeoutMs: times.ask };
    if (kind === "list" && site.bareLists) return listOneByOne(url, about, signal);
    const info = await lookUp(url, about, signal);
    if (textOf(info, "_type") !== "playlist") return { tracks: [aliveTrack(info, url, site)], playlistTitle: "" };
    const tracks = tracksOf(listOf(info, "entries"), site);
    return { tracks: tracks.slice(0, MAX_LINKED_TRACKS), playlistTitle: titleOf(info) };
  });
}

async function resolve(link: string, context: SiteContext, signal: AbortSignal): Promise<FoundAudio> {
  const { site, shared } = context;
  const { url } = await longLink(link, context, signal);
  const { info, program } = await inQueue(shared.queues.lookUps, context, signal, async (ready) => {
    const about = { ...context, program: ready, timeoutMs: shared.times.lookUp };
    return { info: await lookUp(url, about, signal), program: ready };
  });
  if (textOf(info, "_type") === "playlist")
    throw new UnsupportedUrlError("the link leads to a list: ask for its tracks one by one");
  const track = aliveTrack(info, url, site);
  const fetch: FoundAudio["fetch"] = (target, ended) =>
    inQueue(shared.queues.fetches, context, ended, async () => {
      const picture = fetchCover(info, target.folder, shared.http, ended);
      const { stall: stallMs, fetch: timeoutMs } = shared.times;
      const options = { site, info, url, context: runContext(context, program), stallMs, timeoutMs };
      const audio = await fetchAudio(options, target, ended);
      return { ...audio, coverPath: await picture };
    });
  return { track, ...readAudio(info), fetch };
}

function aliveTrack(info: Info, url: string, site: Site): Track {
  if (isLive(info)) throw new LiveError("this is a live stream, which has no end");
  return readTrack(info, url, site);
}

/** What a link leads to that only the site can tell. */
async function longLink(link: string, { site, shared }: SiteContext, signal: AbortSignal) {
  const read = site.readLink(link);
  if (!read) throw new UnsupportedUrlError("no source handles this link");
  if (read.kind !== "short") return read;
  const long = site.readLink(await followShortLink(read.url, shared.http, signal));
  if (!long || long.kind === "short") throw new TrackNotFoundError("the link leads to nothing that can be fetched");
  return long;
}

interface Asked extends SiteContext {
  program: ReadyProgram;
  timeoutMs: number;
}

/** The one object that yt-dlp prints for a link. */
async function lookUp(url: string, asked: Asked, signal: AbortSignal): Promise<Info> {
  const args = lookUpArguments(asked.site, url, MAX_LINKED_TRACKS, asked.program.abilities);
  const [line = ""] = await readOutput(args, { ...asked, maxLines: 1 }, signal);
  const info = parseInfo(line);
  if (!info) throw new SourceUnavailableError("the site sent nothing that can be read");
  return info;
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
    playlistTitle: first ? textOf(first, "playlist_title", "playlist").slice(0, 300) : "",
  };
}

async function readOutput(
  args: readonly string[],
  asked: Asked & { maxLines: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { lines, onLine } = collectLines(asked.maxLines);
  await run({ args, onLine, timeoutMs: asked.timeoutMs, endSignal: "SIGTERM" }, asked, signal);
  return lines;
}

function run(options: Run, asked: Asked, signal: AbortSignal): Promise<void> {
  return runYtdlp(options, runContext(asked, asked.program), signal);
}

function runContext({ site, shared }: SiteContext, program: ReadyProgram): RunContext {
  return { ...shared.run, program, isYoutube: site === youtube };
}

/** Waits for its turn, so that a hundred listeners do not start a hundred Pythons. */
async function inQueue<T>(
  queue: PQueue,
  { shared }: SiteContext,
  signal: AbortSignal,
  work: (program: ReadyProgram) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const program = await shared.program.get(signal);
  if (program.kind === "missing") throw new SourceUnavailableError("yt-dlp is not installed", { problem: "not_installed" });
  if (program.kind === "broken") throw new SourceUnavailableError("yt-dlp does not run", { problem: "not_installed" });
  if (queue.size >= shared.maxWaiting) throw new SourceUnavailableError("too many wait for yt-dlp already");
  return queue.add(() => work(program), { signal });
}

/** Tracks, each once, without those that nobody can hear, or that are none. */
function tracksOf(infos: readonly (Info | undefined)[], site: Site): Track[] {
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

/** Whatever alphabet the name is written in. */
function isPerformer(uploader: string, wanted: readonly string[]): boolean {
  const found = sounds(uploader);
  return wanted.length > 0 && (wanted.every((word) => found.includes(word)) || found.join("") === wanted.join(""));
}

function titleOf(info: Info): string {
  return oneLine(textOf(info, "title").slice(0, 1_000)).slice(0, 300);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

/** For `/health`, in the words of whoever has to do something about it. */
function describe(program: Program, site: Site): SourceState {
  if (program.kind === "missing") return { ok: false, problem: "not_installed", detail: "yt-dlp is not installed" };
  if (program.kind === "broken") return { ok: false, problem: "not_installed", detail: "yt-dlp is installed, but does not run" };
  const name = `yt-dlp ${program.version}`;
  const old = `${name} is older than ${TOO_OLD_MONTHS} months`;
  if (site !== youtube) return { ok: true, detail: program.tooOld ? old : name };
  if (program.tooOld) return { ok: false, problem: "too_old", detail: `${old}, too old for YouTube: update it` };
  if (program.needsJs)
    return { ok: false, problem: "no_js_runtime", detail: `${name} needs Deno, or Node 22 or newer, for YouTube: install one` };
  return { ok: true, detail: name };
}
