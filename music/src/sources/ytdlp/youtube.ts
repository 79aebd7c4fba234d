import { pathParts, readWebLink, type Site, type SiteLink } from "./site.js";

/** YouTube, and YouTube Music. */
export const youtube: Site = {
  name: "yt",
  extractors: ["youtube", "youtube:search", "youtube:tab", "youtube:playlist"],
  searchWord: "ytsearch",
  bareLists: false,
  readLink: readYoutubeLink,
};

const HOSTS = /^(?:(?:www|m|music|gaming)\.)?youtube\.com$|^(?:www\.)?youtube-nocookie\.com$/;
const SHORT_HOSTS = /^(?:www\.)?youtu\.be$/;
const VIDEO_ID = /^[\w-]{11}$/;
const LIST_ID = /^[\w-]{12,64}$/;
/** Mixes have no end; lists of the signed-in user are nobody's here. */
const ENDLESS_OR_PRIVATE = /^(?:RD|UL|WL|LL|LM|FL)/;
/** What comes before the id in a path. */
const BEFORE_ID: ReadonlySet<string> = new Set(["watch", "shorts", "embed", "live", "v", "e"]);

function readYoutubeLink(text: string): SiteLink | undefined {
  const link = readWebLink(text);
  if (!link) return undefined;
  const parts = pathParts(link);
  if (SHORT_HOSTS.test(link.hostname)) return track(parts[0]);
  if (!HOSTS.test(link.hostname)) return undefined;
  const [first = "", second] = parts;
  const listId = link.searchParams.get("list") ?? "";
  if (first === "playlist" || (first === "embed" && second === "videoseries")) return list(listId);
  if (first === "watch" && second === undefined) return track(link.searchParams.get("v")) ?? list(listId);
  return BEFORE_ID.has(first) ? track(second) : undefined;
}

function track(id: string | null | undefined): SiteLink | undefined {
  return id && VIDEO_ID.test(id) ? { kind: "track", url: `https://www.youtube.com/watch?v=${id}` } : undefined;
}

function list(id: string): SiteLink | undefined {
  if (!LIST_ID.test(id) || ENDLESS_OR_PRIVATE.test(id)) return undefined;
  return { kind: "list", url: `https://www.youtube.com/playlist?list=${id}` };
}
