/** Finds words in spite of letters that are wrong, missing or too many. */
export interface Slips {
  /** @param word not known yet */
  add(word: string): void;
  remove(word: string): void;
  /** Words at most so many letters away, 1 or 2, and how many. Without the word itself. */
  find(word: string, most: number): [word: string, slips: number][];
}

/** Words of one length. `letters` says which letters each has, one bit for several letters. */
interface SameLength {
  words: string[];
  letters: number[];
}

const BITS = 31;

/**
 * Words lie by their length beside the set of their letters: comparing two sets takes a few instructions and leaves one word in a
 * hundred to be compared letter by letter.
 */
export function createSlips(): Slips {
  const byLength = new Map<number, SameLength>();
  return {
    add(word) {
      const same = byLength.get(word.length) ?? { words: [], letters: [] };
      byLength.set(word.length, same);
      same.words.push(word);
      same.letters.push(lettersOf(word));
    },
    remove(word) {
      const same = byLength.get(word.length);
      const at = same?.words.indexOf(word) ?? -1;
      if (!same || at < 0) return;
      const last = { word: same.words.pop(), letters: same.letters.pop() };
      if (at >= same.words.length || last.word === undefined || last.letters === undefined) return;
      same.words[at] = last.word;
      same.letters[at] = last.letters;
    },
    find(word, most) {
      const asked = lettersOf(word);
      const found: [string, number][] = [];
      for (let length = word.length - most; length <= word.length + most; length++) {
        const same = byLength.get(length);
        if (same) collect(same, word, asked, most, found);
      }
      return found;
    },
  };
}

function collect({ words, letters }: SameLength, word: string, asked: number, most: number, found: [string, number][]) {
  for (let at = 0; at < letters.length; at++) {
    const has = letters[at] ?? 0;
    if (has !== asked && (bitsOf(asked & ~has) > most || bitsOf(has & ~asked) > most)) continue;
    const other = words[at] ?? "";
    const slips = distance(word, other, most);
    if (slips > 0 && slips <= most) found.push([other, slips]);
  }
}

function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) % BITS);
  return letters;
}

/** Counts bits in pairs, fours and eights at once. */
function bitsOf(set: number): number {
  const pairs = set - ((set >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const MAX_LENGTH = 128;
let before = new Uint8Array(MAX_LENGTH);
let row = new Uint8Array(MAX_LENGTH);

/** Levenshtein's distance, or something above `most` as soon as it is sure to be. */
function distance(one: string, other: string, most: number): number {
  if (one.length >= MAX_LENGTH || other.length >= MAX_LENGTH) return most + 1;
  for (let at = 0; at <= other.length; at++) before[at] = at;
  for (let down = 1; down <= one.length; down++) {
    const letter = one.charCodeAt(down - 1);
    const from = Math.max(1, down - most);
    const to = Math.min(other.length, down + most);
    row[from - 1] = from === 1 ? down : most + 1;
    let least = most + 1;
    for (let at = from; at <= to; at++) {
      const replaced = (before[at - 1] ?? 0) + (letter === other.charCodeAt(at - 1) ? 0 : 1);
      const removed = (at === down + most ? most : (before[at] ?? 0)) + 1;
      const value = Math.min(replaced, removed, (row[at - 1] ?? 0) + 1);
      row[at] = value;
      if (value < least) least = value;
    }
    if (least > most) return most + 1;
    [before, row] = [row, before];
  }
  return before[other.length] ?? most + 1;
}
