import { createVocabulary, type Term } from "./vocabulary.js";
import { sound, words } from "./search-text.js";

/** Texts of a track that are searched. */
export interface IndexedTexts {
  title: string;
  artist: string;
  album: string;
}

/** Finds numbers by the texts that belong to them. Numbers are small: they may be given again when their texts are removed. */
export interface TrackIndex {
  add(number: number, texts: IndexedTexts): void;
  /** @param texts what was added with the number */
  remove(number: number, texts: IndexedTexts): void;
  /** Best match first, at most `limit`. `artistOnly`: whatever title and album say. */
  search(query: string, limit: number, artistOnly: boolean): number[];
}

/** By weight: a word in the title says more than one in the album. */
const FIELDS = ["title", "artist", "album"] as const;
const BOOSTS = [3, 2, 1] as const;
const ARTIST = [1] as const;
const ALL = [0, 1, 2] as const;
/** A word among many in a field says less than one that is all of it. */
const LENGTH_WEIGHT = 0.12;
const FIRST_CAPACITY = 1024;

/** A word of the index, and the tracks that have it, by field. */
interface Word extends Term {
  readonly tracks: readonly [number[], number[], number[]];
}

/** A word of the index that a word of a query may mean, and how likely, 0 to 1. */
type Meanings = ReadonlyMap<Word, number>;

/**
 * An index in memory over the words of tracks. A word of a query is looked for among the few ten thousand different words, as it is
 * written and as it is heard; only then the tracks that have them are counted, in arrays of numbers.
 */
export function createTrackIndex(): TrackIndex {
  const vocabulary = createVocabulary((written): Word => ({ written, heard: sound(written), tracks: [[], [], []] }));
  let capacity = FIRST_CAPACITY;
  let size = 0;
  let lengths = FIELDS.map(() => new Uint8Array(capacity));
  // For the query that is being answered; all zero between two, but for `totals`, which counts where `counts` does.
  let scores = new Float32Array(capacity);
  let totals = new Float32Array(capacity);
  let counts = new Uint8Array(capacity);
  /** The tracks that a word speaks for, and those that any word does. */
  let touched = new Uint32Array(capacity);
  let found = new Uint32Array(capacity);
  let foundCount = 0;

  function grow(number: number) {
    while (capacity <= number) capacity *= 2;
    lengths = lengths.map((old) => copied(old, new Uint8Array(capacity)));
    scores = new Float32Array(capacity);
    totals = new Float32Array(capacity);
    counts = new Uint8Array(capacity);
    touched = new Uint32Array(capacity);
    found = new Uint32Array(capacity);
  }

  /** Adds what one word of a query says of each track. */
  function count(meanings: Meanings, fields: readonly number[]) {
    let matched = 0;
    for (const [word, weight] of meanings) {
      for (const field of fields) {
        const fieldLengths = lengths[field] ?? lengths[0];
        const tracks = word.tracks[field] ?? [];
        const boost = weight * (BOOSTS[field] ?? 1);
        for (let at = 0; at < tracks.length; at++) {
          const number = tracks[at] ?? 0;
          const score = boost / (1 + LENGTH_WEIGHT * (fieldLengths?.[number] ?? 0));
          const before = scores[number] ?? 0;
          if (before === 0) touched[matched++] = number;
          if (score > before) scores[number] = score;
        }
      }
    }
    // A rare word says more than one that half of all tracks have.
    const rarity = Math.log(1 + size / (matched + 1));
    for (let at = 0; at < matched; at++) {
      const number = touched[at] ?? 0;
      const speaking = counts[number] ?? 0;
      if (speaking === 0) found[foundCount++] = number;
      totals[number] = (speaking === 0 ? 0 : (totals[number] ?? 0)) + (scores[number] ?? 0) * rarity;
      counts[number] = speaking + 1;
      scores[number] = 0;
    }
  }

  /** The best of the tracks that all words of the query speak for; when there are none, at least `fewest` words. */
  function best(asked: readonly Meanings[], fewest: number, limit: number, fields: readonly number[]): number[] {
    foundCount = 0;
    for (const meanings of asked) count(meanings, fields);
    let most = 0;
    for (let at = 0; at < foundCount; at++) most = Math.max(most, counts[found[at] ?? 0] ?? 0);
    const needed = most === asked.length ? most : fewest;
    const top = createTop(limit);
    for (let at = 0; at < foundCount; at++) {
      const number = found[at] ?? 0;
      const speaking = counts[number] ?? 0;
      if (speaking >= needed) top.add(number, speaking * WORD_WEIGHT + (totals[number] ?? 0));
      counts[number] = 0;
    }
    return top.numbers();
  }

  return {
    add(number, texts) {
      if (number >= capacity) grow(number);
      size += 1;
      FIELDS.forEach((name, field) => {
        const split = words(texts[name]);
        const fieldLengths = lengths[field];
        if (fieldLengths) fieldLengths[number] = split.length;
        for (const written of new Set(split)) vocabulary.entry(written).tracks[field]?.push(number);
      });
    },
    remove(number, texts) {
      size -= 1;
      FIELDS.forEach((name, field) => {
        for (const written of new Set(words(texts[name]))) {
          const word = vocabulary.entry(written);
          forget(word.tracks[field] ?? [], number);
          if (word.tracks.every((tracks) => tracks.length === 0)) vocabulary.remove(written);
        }
      });
    },
    search(query, limit, artistOnly) {
      const asked = [...new Set(words(query))];
      if (asked.length === 0) return [];
      const fields = artistOnly ? ARTIST : ALL;
      const strict = asked.map((word) => vocabulary.meanings(word, false));
      const exact = strict.every(({ size }) => size > 0) ? best(strict, asked.length, limit, fields) : [];
      if (exact.length > 0) return exact;
      const lenient = asked.map((word) => vocabulary.meanings(word, true));
      // People add “song”, “official video”, a year: half of the words will do when nothing has all of them.
      return best(lenient, Math.ceil(asked.length / 2), limit, fields);
    },
  };
}

/** More than the score of any query: what more words speak for comes first. */
const WORD_WEIGHT = 1_000;

function forget(tracks: number[], number: number) {
  const at = tracks.indexOf(number);
  const last = tracks.pop();
  if (at < tracks.length && last !== undefined && at >= 0) tracks[at] = last;
}

function copied(from: Uint8Array, to: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  to.set(from);
  return to;
}

/** Keeps the numbers with the highest scores; of equal ones, what came first. */
function createTop(limit: number) {
  const kept: { number: number; score: number }[] = [];
  return {
    add(number: number, score: number) {
      if (kept.length === limit && score <= (kept.at(-1)?.score ?? 0)) return;
      let at = kept.length;
      while (at > 0 && (kept[at - 1]?.score ?? 0) < score) at -= 1;
      kept.splice(at, 0, { number, score });
      if (kept.length > limit) kept.pop();
    },
    numbers: () => kept.map(({ number }) => number),
  };
}
