import { sound } from "./library/search-text.js";

/** What makes a track comparable with others. */
export interface RecordingKey {
  /** The same for uploads of one recording, whatever its spelling, alphabet, guests and edition. Live, remix and cover differ. */
  readonly key: string;
  /** All words of title and performer, as they are heard. */
  readonly words: readonly string[];
}

/** What a word or a mark does in a title. */
type Role = "neutral" | "remaster" | "guests" | "origin" | "opening" | "closing" | "mark";

const ROLES = new Map<string, Role>();
const give = (role: Role, all: string) => all.split(" ").forEach((token) => ROLES.set(token, role));
// Said of a title without telling recordings apart.
give(
  "neutral",
  "official video audio lyric lyrics visualizer visualiser hd hq 4k mv explicit clean album single original version mix",
);
give("neutral", "mono stereo digital digitally bonus track the a an");
give("remaster", "remaster remastered ремастер");
// What follows is about others than the performer, or, in a bracket, about where the title comes from.
give("guests", "feat ft featuring prod");
give("origin", "from ost из");
give("opening", "( [");
give("closing", ") ]");
give("mark", ", ; & | + ' ’");
const CONJUNCTIONS = new Set([
  "feat",
  "ft",
  "featuring",
  "with",
  "vs",
  "versus",
  "and",
  "x",
  "и",
  "&",
  ",",
  ";",
  "+",
  "|",
  "(",
  "[",
]);
const MARKS = new Set("()[],;&|+'’");
const YEAR = /^(?:19|20)\d\d$/;
const ASCII = /^[\0-\x7f]*$/;
const MAX_WORDS = 24;

export function recordingKey(title: string, performer: string): RecordingKey {
  const titleTokens = tokens(title);
  const by = performers.get(performer) ?? keepPerformer(performer);
  return { key: `${by.key}|${telling(titleTokens).toSorted().join(" ")}`, words: by.words.concat(heardWords(titleTokens)) };
}

/** Those that were met before: one search finds many tracks of few. */
const performers = new Map<string, RecordingKey>();

function keepPerformer(performer: string): RecordingKey {
  const all = tokens(performer);
  const known = { key: performerKey(all), words: heardWords(all) };
  if (performers.size >= MAX_MEMORY) performers.clear();
  performers.set(performer, known);
  return known;
}

/** The words of a text, as they are heard. */
export function heard(text: string): string[] {
  return heardWords(tokens(text));
}

/** Words and brackets, lower case, without accents. */
function tokens(text: string): string[] {
  const found = ASCII.test(text)
    ? text.toLowerCase().match(/[a-z0-9']+|[()[\],;&|+]/g)
    : text
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .toLowerCase()
        .match(/[\p{L}\p{N}'’]+|[()[\],;&|+]/gu);
  return (found ?? []).slice(0, MAX_WORDS);
}

/** The words of a title that tell it apart, as they are heard. */
function telling(all: readonly string[]): string[] {
  const roles = all.map((token) => ROLES.get(token));
  const isRemaster = roles.includes("remaster");
  const kept: string[] = [];
  let depth = 0;
  let isSkipping = false;
  for (let at = 0; at < all.length; at++) {
    const token = all[at] ?? "";
    const role = roles[at];
    if (role === "opening") depth += 1;
    else if (role === "closing") {
      depth -= 1;
      isSkipping = false;
    } else if (at > 0 && (role === "guests" || (role === "origin" && roles[at - 1] === "opening"))) isSkipping = true;
    else if (isSkipping || (role !== undefined && role !== "guests" && role !== "origin")) continue;
    else if (at > 0 && (isRemaster || depth > 0) && YEAR.test(token)) continue;
    else kept.push(heardWord(token));
  }
  return kept.length > 0 ? kept : heardWords(all);
}

/** The first of several performers. */
function performerKey(all: readonly string[]): string {
  const start = all[0] === "the" && all.length > 1 ? 1 : 0;
  const end = all.findIndex((token, at) => at > start && CONJUNCTIONS.has(token));
  return heardWords(all.slice(start, end < 0 ? undefined : end)).join("");
}

function heardWords(all: readonly string[]): string[] {
  const found: string[] = [];
  for (const token of all) if (isWord(token)) found.push(heardWord(token));
  return found;
}

function isWord(token: string): boolean {
  return token.length > 1 || !MARKS.has(token);
}

/** Words that were heard before: titles repeat those of the query. */
const memory = new Map<string, string>();
const MAX_MEMORY = 5_000;

function heardWord(word: string): string {
  const known = memory.get(word);
  if (known !== undefined) return known;
  if (memory.size >= MAX_MEMORY) memory.clear();
  const plain = word.replace(/['’]/gu, "").slice(0, 40);
  const fresh = sound(plain) || plain;
  memory.set(word, fresh);
  return fresh;
}
