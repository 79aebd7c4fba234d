import { words } from "../library/search-text.js";
import type { ArchiveItem } from "./read-item.js";
import type { Recording } from "./recordings.js";

/** A recording, and the item that it is in. */
export interface Hit {
  readonly item: ArchiveItem;
  readonly recording: Recording;
}

interface RankedHit extends Hit {
  /** Part of the query's words that the recording answers, 0 to 1. */
  readonly covered: number;
  /** Part of the query's words that are in its title. */
  readonly titled: number;
  /** Part of the title's words that are in the query: the plain title comes before its remixes. */
  readonly exact: number;
  /** How many of its item came before it that match as well: items take turns. */
  turn: number;
}

/** Of one item: those of a heap of thousands are found by its link. */
const MAX_RANKED = 1_000;

/** With less than half of the words it is something else. */
const MIN_COVERED = 0.5;

/**
 * The recordings of these items that match a query, best first.
 *
 * @param items best match first
 * @param strict takes recordings only that know every word
 */
export function rankByText(query: string, items: readonly ArchiveItem[], strict: boolean): Hit[] {
  const asked = words(query);
  const ranked = hitsOf(items).map((hit) => rank(hit, asked, textsOfHit(hit)));
  const matching = ranked.filter(({ covered }) => covered >= (strict ? 1 : MIN_COVERED));
  if (matching.length > 0 || strict) return sorted(matching);
  // Only the description of the item tells of it: then its first recording stands for the item.
  return items.flatMap((item) => item.recordings.slice(0, 1).map((recording) => ({ item, recording })));
}

/** The recordings of a performer, items taking turns. */
export function rankByArtist(artist: string, items: readonly ArchiveItem[]): Hit[] {
  const asked = words(artist);
  const ranked = hitsOf(items).map((hit) => rank(hit, asked, { title: hit.recording.artist || hit.item.creator, rest: "" }));
  return sorted(ranked.filter(({ covered }) => covered === 1));
}

function hitsOf(items: readonly ArchiveItem[]): Hit[] {
  return items.flatMap((item) => item.recordings.slice(0, MAX_RANKED).map((recording) => ({ item, recording })));
}

function textsOfHit({ item, recording }: Hit) {
  // Without a tag the name of the file tells what it is, and the item's title when it has nothing else.
  const title = recording.title || recording.name.replaceAll("_", " ");
  const alone = item.recordings.length === 1 ? item.title : "";
  return { title: `${title} ${alone}`, rest: `${recording.artist} ${item.creator} ${recording.album} ${item.title}` };
}

function rank(hit: Hit, asked: readonly string[], { title, rest }: { title: string; rest: string }): RankedHit {
  const inTitle = words(title);
  const inRest = words(rest);
  const titleHits = asked.filter((word) => knows(inTitle, word)).length;
  const hits = asked.filter((word) => knows(inTitle, word) || knows(inRest, word)).length;
  const part = (count: number, of: number) => (of === 0 ? 0 : count / of);
  return {
    ...hit,
    covered: part(hits, asked.length),
    titled: part(titleHits, asked.length),
    exact: titleHits === 0 ? 0 : part(inTitle.filter((word) => asked.includes(word)).length, inTitle.length),
    turn: 0,
  };
}

/** Endings are forgiven, from four letters on. */
function knows(text: readonly string[], word: string): boolean {
  return text.some((one) => one === word || (word.length >= 4 && one.startsWith(word)));
}

function sorted(hits: RankedHit[]): Hit[] {
  const byMatch = (a: RankedHit, b: RankedHit) => b.covered - a.covered || b.titled - a.titled || b.exact - a.exact;
  // Sorting is stable: what matches as well stays in the order of items and tracks.
  const best = hits.toSorted(byMatch);
  const turns = new Map<string, number>();
  for (const hit of best) {
    const key = `${hit.item.identifier} ${hit.covered} ${hit.titled} ${hit.exact}`;
    hit.turn = turns.get(key) ?? 0;
    turns.set(key, hit.turn + 1);
  }
  return best.toSorted((a, b) => byMatch(a, b) || a.turn - b.turn);
}
