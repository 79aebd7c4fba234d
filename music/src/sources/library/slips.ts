/** Finds words in spite of letters that are wrong, missing or too many. */
export interface Slips {
  /** @param word not known yet */
  add(word: string): void;
  remove(word: string): void;
  /** Words at most so many letters away, 1 or 2, and how many. Without the word itself. */
  find(word: string, most: number): [word: string, slips: number][];
}

/** Words of one length. `letters` and `pairs` say which letters each has, and which follow each other; a bit stands for several. */
interface SameLength {
  words: string[];
  letters: number[];
  pairs: number[];
}

const BITS = 31;

/**
 * Words lie by their length beside the sets of their letters and pairs of letters: comparing sets takes a few instructions and leaves
 * few words to be compared letter by letter. A slip changes at most one letter and two pairs of either word.
 */
export function createSlips(): Slips {
  const byLength = new Map<number, SameLength>();
  return {
    add(word) {
      const same = byLength.get(word.length) ?? { words: [], letters: [], pairs: [] };
      byLength.set(word.length, same);
      same.words.push(word);
      same.letters.push(lettersOf(word));
      same.pairs.push(pairsOf(word));
    },
    remove(word) {
      const same = byLength.get(word.length);
      const at = same?.words.indexOf(word) ?? -1;
      if (!same || at < 0) return;
      moveLast(same.words, at);
      moveLast(same.letters, at);
      moveLast(same.pairs, at);
    },
    find(word, most) {
      const asked = { letters: lettersOf(word), pairs: pairsOf(word) };
      const found: [string, number][] = [];
      for (let length = word.length - most; length <= word.length + most; length++) {
        const same = byLength.get(length);
        if (same) collect(same, word, asked, most, found);
      }
      return found;
    },
  };
}

function collect(
  { words, letters, pairs }: SameLength,
  word: string,
  asked: { letters: number; pairs: number },
  most: number,
  found: [string, number][],
) {
  for (let at = 0; at < letters.length; at++) {
    if (!areNear(letters[at] ?? 0, asked.letters, most) || !areNear(pairs[at] ?? 0, asked.pairs, 2 * most)) continue;
    const other = words[at] ?? "";
    const slips = distance(word, other, most);
    if (slips > 0 && slips <= most) found.push([other, slips]);
  }
}

function areNear(one: number, other: number, most: number): boolean {
  return one === other || (bitsOf(one & ~other) <= most && bitsOf(other & ~one) <= most);
}

/** Takes an item out, into whose place the last one moves. */
function moveLast(items: (string | number)[], at: number) {
  const last = items.pop();
  if (at < items.length && last !== undefined) items[at] = last;
}

function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) % BITS);
  return letters;
}

function pairsOf(word: string): number {
  let pairs = 0;
  for (let at = 1; at < word.length; at++) pairs |= 1 << ((word.charCodeAt(at - 1) * 7 + word.charCodeAt(at)) % BITS);
  return pairs;
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
