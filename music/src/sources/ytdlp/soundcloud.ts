import { pathParts, readWebLink, type Site, type SiteLink } from "./site.js";

export const soundcloud: Site = {
  name: "sc",
  extractors: ["soundcloud", "soundcloud:search", "soundcloud:set"],
  searchWord: "scsearch",
  bareLists: true,
  readLink: readSoundcloudLink,
};

const HOSTS = /^(?:(?:www|m)\.)?soundcloud\.com$/;
const NAME = /^[\w-]{1,255}$/;
/** The key of a track or set that is not listed. */
const SECRET = /^s-\w{1,64}$/;
/** Pages of the site itself, where names of accounts stand. */
const PAGES: ReadonlySet<string> = new Set(
  "charts discover feed jobs library messages notifications pages people search settings stations stream tags terms-of-use upload you".split(
    " ",
  ),
);
/** Pages of an account, where names of tracks stand. */
const ACCOUNT_PAGES: ReadonlySet<string> = new Set(
  "albums comments followers following likes popular-tracks reposts sets spotlight toptracks tracks".split(" "),
);

function readSoundcloudLink(text: string): SiteLink | undefined {
  const link = readWebLink(text);
  if (!link) return undefined;
  const parts = pathParts(link);
  if (link.hostname === "on.soundcloud.com") return short(parts);
  if (!HOSTS.test(link.hostname) || !parts.every((part) => NAME.test(part))) return undefined;
  const [account = "", second = "", ...rest] = parts.map((part) => (SECRET.test(part) ? part : part.toLowerCase()));
  if (PAGES.has(account)) return undefined;
  if (second === "sets") return linkOf("list", `${account}/sets`, rest, link);
  return second === "" || ACCOUNT_PAGES.has(second) ? undefined : linkOf("track", account, [second, ...rest], link);
}

/** `NAME` or `NAME/SECRET`. */
function linkOf(kind: "track" | "list", before: string, names: readonly string[], link: URL): SiteLink | undefined {
  const [name, secret = link.searchParams.get("secret_token") ?? undefined, ...more] = names;
  if (name === undefined || more.length > 0 || (secret !== undefined && !SECRET.test(secret))) return undefined;
  return { kind, url: ["https://soundcloud.com", before, name, ...(secret === undefined ? [] : [secret])].join("/") };
}

function short([code = "", ...more]: readonly string[]): SiteLink | undefined {
  return NAME.test(code) && more.length === 0 ? { kind: "short", url: `https://on.soundcloud.com/${code}` } : undefined;
}
