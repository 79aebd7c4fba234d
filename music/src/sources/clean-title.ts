import { oneLine } from "../track.js";
import { words } from "./library/search-text.js";
import { tellsVersion, withoutEdges, withoutNoise } from "./title-noise.js";

/** What a site shows of an upload. */
export interface UploadName {
  title: string;
  /** Channel or account; empty when unknown. */
  uploader: string;
}

/** More passes than any name needs: a few take the last brackets away. */
const MAX_PASSES = 12;

/**
 * Title and performer of an upload: "Artist - Title (Official Video)" by "ArtistVEVO" is "Title" by "Artist".
 *
 * What tells versions apart stays: live, remix, cover, acoustic, remastered, feat. Cleaning what is clean changes nothing. The title
 * is never empty unless it was; both have at most 300 characters.
 */
export function cleanTitle(name: UploadName): UploadName {
  let clean: UploadName = { title: oneLine(visible(name.title)), uploader: oneLine(visible(name.uploader)) };
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = cleanOnce(clean);
    if (next.title === clean.title && next.uploader === clean.uploader) break;
    clean = next;
  }
  return clean;
}

/** Without marks that cannot be seen, which would hide that two texts are the same. Joiners stay: emoji need them. */
function visible(text: string): string {
  return text.replace(/[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/gu, "");
}

function cleanOnce({ title, uploader }: UploadName): UploadName {
  const account = cleanUploader(uploader);
  const unbracketed = orElse(title, dropBrackets(title, account.name));
  const edges = withoutEdges(unbracketed);
  const bare = orElse(unbracketed, trim(edges.title));
  const quoted = splitQuoted(bare, account.name, edges.noisy || unbracketed !== title);
  const parts = quoted ?? splitTitle(bare, account);
  return { title: oneLine(orElse(bare, trim(unquote(parts.title)))), uploader: oneLine(parts.uploader) };
}

interface Account {
  name: string;
  /** The account says for sure who performs: what stands before a dash is no performer. */
  sure: boolean;
}

/** "Queen - Topic", "QueenVEVO", "Queen Official" are "Queen". */
function cleanUploader(uploader: string): Account {
  const topic = /^(.*\S)\s+[-–—]\s+(?:topic|тема)$/iu.exec(uploader);
  if (topic?.[1]) return { name: topic[1], sure: true };
  const vevo = /^(.*\S)\s*VEVO$/u.exec(uploader);
  if (vevo?.[1]) return { name: spaced(vevo[1]), sure: false };
  const plain = uploader
    .replace(/[\s,|-]*[([]?\s*(?:official(?:\s+(?:channel|page|music|artist))?|официальный\s+канал|oficial)\s*[)\]]?$/iu, "")
    .trim();
  return { name: orElse(uploader, plain), sure: false };
}

/** "EdSheeran" is "Ed Sheeran". */
function spaced(name: string): string {
  return /\s/u.test(name) ? name : name.replace(/(?<=\p{Ll})(?<!\bMa?c)(?=\p{Lu})/gu, " ");
}

const BRACKETS = /\s*(?:\(([^()]*)\)|\[([^[\]]*)\]|\{([^{}]*)\}|【([^【】]*)】|（([^（）]*)）)/gu;

function dropBrackets(title: string, uploader: string): string {
  const shorter = title.replace(BRACKETS, (whole: string, ...groups: (string | undefined)[]) => {
    const inside = groups.slice(0, 5).find((group) => group !== undefined) ?? "";
    if (sameName(inside, uploader)) return " ";
    const left = withoutNoise(inside);
    if (left === undefined) return whole;
    return left === "" ? " " : ` (${left})`;
  });
  return trim(shorter);
}

const OPENING = "[\"“„«'‘「『]";
const CLOSING = "[\"”“»'’」』]";
const QUOTED_END = new RegExp(`^(.+?)(?:\\s+${OPENING}|[「『])([^"“”„«»「」『』]+)${CLOSING}$`, "u");
const QUOTED = new RegExp(`^${OPENING}([^"“”„«»「」『』]+)${CLOSING}$`, "u");

/** `Artist "Title"`, when the performer is known to be that, or the rest was noise. */
function splitQuoted(title: string, uploader: string, noisy: boolean): UploadName | undefined {
  const [, before = "", inside = ""] = QUOTED_END.exec(title) ?? [];
  if (!inside.trim() || /\s[-–—]\s/u.test(before)) return undefined;
  if (sameName(before, uploader)) return { title: inside, uploader };
  return noisy && !tellsVersion(before) && words(before).length <= 4 ? { title: inside, uploader: before } : undefined;
}

function unquote(title: string): string {
  const inside = QUOTED.exec(title)?.[1] ?? title;
  return /['’]/u.test(inside.slice(1, -1)) && /^['‘]/u.test(title) ? title : inside;
}

/** Dashes between spaces; a long dash without any; one that leans on a word, before a capital. */
const DASH = /\s+[-–—−‐‑‒―~]+\s+|(?<=\S)[—―](?=\S)|(?<=\p{L}{2})[-–]\s+(?=\p{Lu})|\s+[-–](?=\p{Lu})/u;
const BARS = /\s+(?:[|｜•·]+|\/\/+)\s+/u;

function splitTitle(title: string, { name, sure }: Account): UploadName {
  const [first = title, ...bars] = title.split(BARS).filter((part) => words(part).length > 0);
  const kept = bars.filter((part) => withoutNoise(part) !== "" && !sameName(part, name));
  const one = [first, ...kept].join(" | ");
  const parts = one.split(DASH).map(trim).filter(Boolean);
  const [head = one, ...all] = parts;
  const telling = all.filter((part) => withoutNoise(part) !== "");
  // A song may be called "Video".
  const rest = telling.length === 0 && sameName(head, name) ? all : telling;
  const tail = rest.at(-1);
  if (tail === undefined) return splitColon(head, name);
  if (sameName(head, name)) return { title: joined(rest), uploader: nicer(head, name) };
  if (sameName(tail, name)) return { title: joined([head, ...rest.slice(0, -1)]), uploader: nicer(tail, name) };
  if (sure || (rest.length === 1 && name !== "" && tellsVersion(tail.replace(BRACKETS, ""))))
    return { title: joined([head, ...rest]), uploader: name };
  return { title: joined(rest), uploader: head };
}

/** "Artist: Title" and "Title by Artist", when the account has that name. */
function splitColon(title: string, uploader: string): UploadName {
  const colon = /^([^:：]+)[:：]\s+(\S.*)$/u.exec(title);
  if (colon?.[1] && colon[2] && sameName(colon[1], uploader)) return { title: colon[2], uploader };
  const by = /^(\S.*)\s+by\s+(\S.*)$/iu.exec(title);
  if (by?.[1] && by[2] && sameName(by[2], uploader)) return { title: by[1], uploader };
  return { title, uploader };
}

/** What is left between dashes is no performer any more: it is written so that it does not look like one. */
function joined(parts: readonly string[]): string {
  return parts.reduce((title, part) =>
    tellsVersion(part) ? `${title} (${part.replace(/^\((.*)\)$/u, "$1")})` : `${title}: ${part}`,
  );
}

/** The spelling with spaces wins over that of an account. */
function nicer(found: string, account: string): string {
  return words(found).length >= words(account).length && found !== found.toUpperCase() ? found : account;
}

/** Whether two names are the same, whatever their case, accents, spaces, and "the". */
function sameName(one: string, other: string): boolean {
  const plain = plainName(one);
  return plain !== "" && plain === plainName(other);
}

function plainName(name: string): string {
  const found = words(name);
  return (found[0] === "the" && found.length > 1 ? found.slice(1) : found).join("");
}

/** Without spaces, and marks that nothing follows, at both ends. */
function trim(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/^[\s|｜•,;:/~–—―🔥🎵🎶🎧▶⚡-]+(?=\S)/u, "")
    .replace(/[\s|｜•,;:~–—―🔥🎵🎶🎧⚡-]+$/u, "");
}

/** The shorter text, unless nothing readable is left of it. */
function orElse(text: string, shorter: string): string {
  return /[\p{L}\p{N}]/u.test(shorter) || (!/[\p{L}\p{N}]/u.test(text) && shorter !== "") ? shorter : text;
}
