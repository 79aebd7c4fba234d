import { readFile, stat } from "node:fs/promises";
import { type Logger, StartError } from "@refrain/mesh";
import type { Clock } from "../clock.js";

/** What the operator was asked to take down. */
export interface BlockedLinks {
  /** Whether a link is on the list, by itself or by its host. Compare both what a caller wrote and the canonical form. */
  has(url: string): boolean;
  close(): void;
}

export interface BlockedLinksOptions {
  /** Undefined: nothing is blocked. */
  file: string | undefined;
  /** The one form of a link, when a source handles it. */
  canonicalUrl: (url: string) => string | undefined;
  clock: Clock;
  logger: Logger;
  /** How often the file is looked at, in milliseconds. Default: 2,000. */
  everyMs?: number;
}

interface List {
  readonly links: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
}

const EVERY_MS = 2_000;
/** A larger file is no list that somebody keeps by hand. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads the list: a link or a host in each line, `#` begins a comment; and reads it again when it changes. One that cannot be read
 * later leaves what was read before.
 *
 * @throws StartError when it cannot be read now
 */
export async function openBlockedLinks(options: BlockedLinksOptions): Promise<BlockedLinks> {
  const { file, canonicalUrl, clock, logger, everyMs = EVERY_MS } = options;
  if (file === undefined) return { has: () => false, close: () => {} };
  let stamp = await stampOf(file).catch(unreadable);
  let list = await readList(file, canonicalUrl).catch(unreadable);
  logger.info({ links: list.links.size, hosts: list.hosts.size }, "list of blocked links read");
  let broken = false;
  let closed = false;

  async function readAgain(path: string): Promise<void> {
    const now = await stampOf(path);
    if (now === stamp && !broken) return;
    list = await readList(path, canonicalUrl);
    stamp = now;
    broken = false;
    logger.info({ links: list.links.size, hosts: list.hosts.size }, "list of blocked links read again");
  }

  let cancel = clock.after(everyMs, look);
  function look(): void {
    const failed = (err: unknown) => {
      if (!broken) logger.error({ err }, "list of blocked links cannot be read: what was read before holds on");
      broken = true;
    };
    void readAgain(file ?? "")
      .catch(failed)
      .then(() => {
        if (!closed) cancel = clock.after(everyMs, look);
      });
  }

  return {
    has: (url) => isListed(url, list),
    close() {
      closed = true;
      cancel();
    },
  };
}

function unreadable(cause: NodeJS.ErrnoException): never {
  const reason = cause.code ?? cause.message;
  throw new StartError(`the list of blocked links cannot be read (${reason}): mend BLOCKED_URLS_FILE, or unset it`, { cause });
}

/** Changes whenever the file does. */
async function stampOf(file: string): Promise<string> {
  const { mtimeMs, ctimeMs, size, ino } = await stat(file);
  return [mtimeMs, ctimeMs, size, ino].join(" ");
}

async function readList(file: string, canonicalUrl: (url: string) => string | undefined): Promise<List> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
  const links = new Set<string>();
  const hosts = new Set<string>();
  for (const line of (await readFile(file, "utf8")).split(/\r\n|\r|\n/)) {
    // A `#` within a link belongs to it.
    const entry = line.replace(/(?:^|\s)#.*$/u, "").trim();
    if (entry === "") continue;
    if (/^[\w-]+:\/\//u.test(entry)) links.add(canonicalUrl(entry) ?? plain(entry));
    else if (/^[^\s/]+$/u.test(entry)) hosts.add(hostOf(`https://${entry}`) ?? entry.toLowerCase());
    else links.add(canonicalUrl(`https://${entry}`) ?? plain(`https://${entry}`));
  }
  return { links, hosts };
}

function isListed(url: string, { links, hosts }: List): boolean {
  if (links.size === 0 && hosts.size === 0) return false;
  if (links.has(url) || links.has(plain(url))) return true;
  let host = hosts.size > 0 ? hostOf(url) : undefined;
  // A host stands for those below it: "example.com" for "cdn.example.com" too.
  while (host) {
    if (hosts.has(host)) return true;
    const dot = host.indexOf(".");
    host = dot < 0 ? undefined : host.slice(dot + 1);
  }
  return false;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^www\.|\.$/gu, "") || undefined : undefined;
}

/** For links that no source handles now: without what is spelled in several ways most. */
function plain(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname, search } = new URL(url);
  const scheme = protocol === "http:" ? "https:" : protocol;
  return `${scheme}//${host.replace(/^www\./u, "")}${pathname.replace(/\/+$/u, "")}${search}`;
}
