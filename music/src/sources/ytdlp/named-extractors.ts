import { isIP } from "node:net";
import { readWebLink, type Site } from "./site.js";

/** A site whose links the operator allows. */
export interface NamedExtractor {
  /** yt-dlp's name of the extractor, such as `bandcamp`; those below it (`bandcamp:album`) are meant too. */
  readonly name: string;
  /** Host names, such as `mixcloud.com`, or `*.bandcamp.com` for every name that ends so. */
  readonly hosts: readonly string[];
}

const NAME = /^[a-z0-9][a-z0-9_+.-]{0,63}(?::[a-z0-9_:+.-]{1,63})?$/i;
const HOST = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
/** `generic` fetches whatever it is given; the others stand for many. */
const FORBIDDEN: ReadonlySet<string> = new Set(["generic", "default", "all", "end"]);
/** Parameters that tell who shared a link, not what is behind it. */
const TRACKING = /^(?:utm_.*|si|feature|fbclid|gclid|igshid|ref|ref_src|from|share)$/i;

/**
 * Reads one entry of the operator's list: `bandcamp=*.bandcamp.com` or `mixcloud=mixcloud.com|www.mixcloud.com`.
 *
 * @throws TypeError that says what is wrong with it
 */
export function readNamedExtractor(entry: string): NamedExtractor {
  const [name = "", hostList = "", ...more] = entry.split("=").map((part) => part.trim());
  const hosts = hostList.toLowerCase().split("|");
  if (more.length > 0 || !NAME.test(name)) throw new TypeError(`"${entry}" is not like bandcamp=*.bandcamp.com`);
  if (FORBIDDEN.has(name.toLowerCase())) throw new TypeError(`"${name}" is not the extractor of one site`);
  const wrong = hosts.find((host) => !HOST.test(host) || isIP(host) !== 0);
  if (wrong !== undefined) throw new TypeError(`"${wrong}" in "${entry}" is not a host such as *.bandcamp.com`);
  return { name, hosts };
}

/** The links of all named sites, as one source. */
export function namedSites(named: readonly NamedExtractor[]): Site {
  return {
    name: "web",
    extractors: named.flatMap(({ name }) => [name, `${name}:*`]),
    searchWord: undefined,
    bareLists: false,
    readLink(text) {
      const link = readWebLink(text);
      if (!link || !named.some(({ hosts }) => hosts.some((host) => isUnder(host, link.hostname)))) return undefined;
      link.protocol = "https:";
      link.hash = "";
      const parameters = Array.from(link.searchParams.keys());
      for (const parameter of parameters) if (TRACKING.test(parameter)) link.searchParams.delete(parameter);
      // Whether it is a track or an album, only the site knows; its address is the same.
      return link.pathname === "/" && link.search === "" ? undefined : { kind: "track", url: link.href };
    },
  };
}

function isUnder(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}
