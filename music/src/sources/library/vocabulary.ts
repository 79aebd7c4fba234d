import { sound } from "./search-text.js";
import { createSlips } from "./slips.js";

/** A word that occurs in texts. */
export interface Term {
  /** One word of `words`. */
  readonly written: string;
  /** The same as `sound` writes it; empty when it has none. */
  readonly heard: string;
}

/** The different words of all texts. */
export interface Vocabulary<T extends Term> {
  /** The entry of a word, made when it is new. */
  entry(written: string): T;
  remove(written: string): void;
  /**
   * The entries that a word of a query may mean, as it is written or heard, and how likely, 0 to 1: the word itself, words that begin
   * with it, and when `forgiving` words with one or two other letters.
   */
  meanings(word: string, forgiving: boolean): ReadonlyMap<T, number>;
}

/** How much a match says. */
const EXACT = 1;
const BEGINS = 0.5;
const SLIPPED = 0.35;
/** What is heard alike may be another word. */
const HEARD = 0.5;
/** Words whose meanings are remembered. */
const REMEMBERED = 200;
/** Letters by which entries are grouped. */
const GROUP_LETTERS = 2;
/** Shorter sounds begin half of all words. */
const MIN_HEARD_BEGINNING = 3;

export function createVocabulary<T extends Term>(make: (written: string) => T): Vocabulary<T> {
  const written = createSpellings<T>();
  const heard = createSpellings<T>();
  /** Answers to forgiving questions, which cost most, until a word comes or goes: “official video” is asked for all the time. */
  const remembered = new Map<string, ReadonlyMap<T, number>>();

  function look(word: string, forgiving: boolean): Map<T, number> {
    const found = new Map<T, number>();
    const note = (entry: T, weight: number) => {
      if (weight > (found.get(entry) ?? 0)) found.set(entry, weight);
    };
    written.like(word, true, forgiving, note);
    const sounding = sound(word);
    const begins = sounding.length >= MIN_HEARD_BEGINNING;
    if (sounding) heard.like(sounding, begins, forgiving, (entry, weight) => note(entry, weight * HEARD));
    return found;
  }

  return {
    entry(word) {
      const [known] = written.exact(word);
      if (known) return known;
      remembered.clear();
      const entry = make(word);
      written.add(entry.written, entry);
      if (entry.heard) heard.add(entry.heard, entry);
      return entry;
    },
    remove(word) {
      const [entry] = written.exact(word);
      if (!entry) return;
      remembered.clear();
      written.remove(entry.written, entry);
      if (entry.heard) heard.remove(entry.heard, entry);
    },
    meanings(word, forgiving) {
      if (!forgiving) return look(word, forgiving);
      const known = remembered.get(word);
      const found = known ?? look(word, forgiving);
      // What was asked for last stays longest.
      remembered.delete(word);
      remembered.set(word, found);
      const [oldest] = remembered.keys();
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return found;
    },
  };
}

/** Spellings, and the entries behind each: found exactly, by their beginning, and in spite of slips. */
function createSpellings<T>() {
  const entries = new Map<string, T[]>();
  const groups = new Map<string, Set<string>>();
  const slips = createSlips();
  const each = (spelling: string, weight: number, note: (entry: T, weight: number) => void) => {
    for (const entry of entries.get(spelling) ?? []) note(entry, weight);
  };

  return {
    exact: (spelling: string): readonly T[] => entries.get(spelling) ?? [],
    add(spelling: string, entry: T) {
      const known = entries.get(spelling);
      if (known) return void known.push(entry);
      entries.set(spelling, [entry]);
      const group = spelling.slice(0, GROUP_LETTERS);
      groups.set(group, (groups.get(group) ?? new Set()).add(spelling));
      slips.add(spelling);
    },
    remove(spelling: string, entry: T) {
      const left = (entries.get(spelling) ?? []).filter((other) => other !== entry);
      if (left.length > 0) return void entries.set(spelling, left);
      entries.delete(spelling);
      const group = spelling.slice(0, GROUP_LETTERS);
      groups.get(group)?.delete(spelling);
      if (groups.get(group)?.size === 0) groups.delete(group);
      slips.remove(spelling);
    },
    like(word: string, begins: boolean, forgiving: boolean, note: (entry: T, weight: number) => void) {
      each(word, EXACT, note);
      if (begins) {
        for (const spelling of beginning(groups, word)) each(spelling, BEGINS * (word.length / spelling.length), note);
      }
      const allowed = forgiving ? slipsOf(word) : 0;
      if (allowed === 0) return;
      for (const [spelling, count] of slips.find(word, allowed)) each(spelling, SLIPPED * (1 - count / (word.length + 1)), note);
    },
  };
}

function* beginning(groups: ReadonlyMap<string, ReadonlySet<string>>, word: string): Generator<string> {
  if (word.length >= GROUP_LETTERS) {
    for (const spelling of groups.get(word.slice(0, GROUP_LETTERS)) ?? []) {
      if (spelling !== word && spelling.startsWith(word)) yield spelling;
    }
    return;
  }
  for (const [group, spellings] of groups) if (group.startsWith(word)) yield* spellings;
}

/** Letters that may be wrong: none in short words, where any slip makes another word. */
function slipsOf(word: string): number {
  if (word.length < 4) return 0;
  return word.length < 6 ? 1 : 2;
}
