/** One of the places that yt-dlp reaches for us. */
export interface Site {
  /** Name of the source. */
  readonly name: string;
  /** The only extractors that may run, by name; `x:*` stands for all whose names begin with `x:`. */
  readonly extractors: readonly string[];
  /** yt-dlp's word for a search, such as `ytsearch`; undefined: there is none. */
  readonly searchWord: string | undefined;
  /** Lists of this site name tracks by number only: each has to be looked up. */
  readonly bareLists: boolean;
  /** What a link leads to; undefined when it is none of this site's. Asks nobody. */
  readLink(url: string): SiteLink | undefined;
}

export type SiteLink =
  | { readonly kind: "track"; readonly url: string }
  | { readonly kind: "list"; readonly url: string }
  /** Only the site knows what it stands for. */
  | { readonly kind: "short"; readonly url: string };

/** The track's one address; undefined for everything else. */
export function trackUrl(site: Site, url: string): string | undefined {
  const link = site.readLink(url);
  return link?.kind === "track" ? link.url : undefined;
}

const MAX_URL_LENGTH = 2_048;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Reads a web link of a public site, also one that was typed without `https://`; undefined for other schemes, ports, and links with
 * a user or a password.
 */
export function readWebLink(text: string): URL | undefined {
  const url = HAS_SCHEME.test(text) ? text : `https://${text}`;
  if (text.length > MAX_URL_LENGTH || /\s/.test(text) || !URL.canParse(url)) return undefined;
  const link = new URL(url);
  const plain = link.port === "" && link.username === "" && link.password === "";
  return plain && (link.protocol === "https:" || link.protocol === "http:") ? link : undefined;
}

/** The parts of a path, without empty ones. */
export function pathParts({ pathname }: URL): string[] {
  return pathname.split("/").filter((part) => part !== "");
}
