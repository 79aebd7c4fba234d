import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { UnsupportedUrlError } from "../../errors.js";
import { oneLine } from "../../track.js";
import { sounds } from "../library/search-text.js";
import type { FoundAudio, Source } from "../source.js";
import { searchArguments } from "./arguments.js";
import { inQueue, lookUp, readOutput, runContext, type SiteContext, type YtdlpShared } from "./ask-ytdlp.js";
import { describeProgram } from "./describe-program.js";
import { fetchAudio } from "./fetch-audio.js";
import { fetchCover } from "./fetch-cover.js";
import { aliveTrack, longLink, listTracks, tracksOf } from "./list-tracks.js";
import { parseInfo, textOf } from "./read-info.js";
import { readAudio } from "./read-track.js";
import type { Site } from "./site.js";

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
    probe: async (signal) => describeProgram(await shared.program.get(signal), site),
    search: async (query, limit, signal) => (await search(query, Math.min(limit, MAX_HITS), signal)).slice(0, limit),
    async searchByArtist(artist, limit, signal) {
      const wanted = sounds(artist);
      const found = await search(artist, Math.min(limit * ARTIST_FACTOR, MAX_HITS), signal);
      return found.filter(({ uploader }) => isPerformer(uploader, wanted)).slice(0, limit);
    },
    canonicalUrl: (url) => site.readLink(url)?.url,
    list: (url, signal) => listTracks(url, context, signal),
    resolve: (url, signal) => resolve(url, context, signal),
  };
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
      const ending = new AbortController();
      const picture = fetchCover(info, target.folder, shared.http, AbortSignal.any([ended, ending.signal]));
      const { stall: stallMs, fetch: timeoutMs } = shared.times;
      const options = { site, info, url, context: runContext(context, program), stallMs, timeoutMs };
      try {
        const audio = await fetchAudio(options, target, ended);
        return { ...audio, coverPath: await picture };
      } finally {
        // The folder may be removed as soon as this is over.
        ending.abort();
        await picture;
      }
    });
  return { track, ...readAudio(info), fetch };
}

/** Whatever alphabet the name is written in. */
function isPerformer(uploader: string, wanted: readonly string[]): boolean {
  const found = sounds(uploader);
  return wanted.length > 0 && (wanted.every((word) => found.includes(word)) || found.join("") === wanted.join(""));
}
