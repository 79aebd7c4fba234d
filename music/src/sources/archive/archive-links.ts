/** Where people and tracks find the archive, whatever server it is asked through. */
const ARCHIVE_ORIGIN = "https://archive.org";

/** What a link to the archive leads to. */
export interface ArchiveLink {
  readonly identifier: string;
  /** Name of a file within the item, folders included; undefined for the whole item. */
  readonly name: string | undefined;
}

const IDENTIFIER = /^[A-Za-z0-9][\w.-]{1,100}$/;
const MAX_URL_LENGTH = 2048;
/** Pages and doors that carry an identifier, and maybe a file, after their name. */
const PLACES: readonly string[] = ["details", "download", "embed", "stream"];
/** Servers that hold items, such as `ia800504.us.archive.org`. */
const DATA_NODE = /^[a-z]{2}\d+\.[a-z]{2}\.archive\.org$/;

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Control characters, halves of characters, and parts that are empty, `.` or `..`. */
const NO_FILE_NAME = /[\p{Cc}\p{Surrogate}]|(?:^|\/)\.{0,2}(?:\/|$)/u;

/** Whether a file's name, as the archive tells it, can be part of a link: a relative path without tricks. */
export function isFileName(name: string): boolean {
  return !NO_FILE_NAME.test(name);
}

/** Reads a link in any spelling; undefined when it leads elsewhere, or nowhere. */
export function parseArchiveLink(url: string): ArchiveLink | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (!["http:", "https:"].includes(protocol) || port || username || password) return undefined;
  const parts = decodePath(pathname);
  if (!parts) return undefined;
  const [first = "", second, ...rest] = parts;
  if (hostname === "archive.org" || hostname === "www.archive.org") {
    if (!PLACES.includes(first)) return undefined;
    // A stream's second part is a reader's file, not a recording.
    return toLink(second, first === "stream" ? [] : rest);
  }
  if (DATA_NODE.test(hostname) && /^\d{1,3}$/.test(first) && second === "items") return toLink(rest[0], rest.slice(1));
  return undefined;
}

/** The page of an item, or of one file in it: the form that links are kept in. */
export function archiveUrl({ identifier, name }: ArchiveLink): string {
  return `${ARCHIVE_ORIGIN}/details/${identifier}${name === undefined ? "" : `/${encodeName(name)}`}`;
}

/** A name as part of a link: its folders stay folders. */
export function encodeName(name: string): string {
  return name.split("/").map(encodePart).join("/");
}

/** Brackets and quotes too: chats end a link at them. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The archive's own picture of an item, a JPEG as a rule. */
export function imageUrl(identifier: string): string {
  return `${ARCHIVE_ORIGIN}/services/img/${identifier}`;
}

function toLink(identifier: string | undefined, parts: readonly string[]): ArchiveLink | undefined {
  if (identifier === undefined || !isIdentifier(identifier)) return undefined;
  if (parts.length === 0) return { identifier, name: undefined };
  const link = { identifier, name: parts.join("/") };
  return isFileName(link.name) && archiveUrl(link).length <= MAX_URL_LENGTH ? link : undefined;
}

function decodePath(pathname: string): string[] | undefined {
  try {
    const parts = decodeURIComponent(pathname).split("/").slice(1);
    while (parts.at(-1) === "") parts.pop();
    return parts;
  } catch (error) {
    if (error instanceof URIError) return undefined; // a lone % is in no link of the archive
    throw error;
  }
}
