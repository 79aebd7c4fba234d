import { createRandom } from "./random.js";

/** What a file's tags say. */
export interface InventedTrack {
  title: string;
  artist: string;
  album: string;
}

const LATIN =
  "ba be bel bra ca cor da del dre e el fa fi fro ga gla ha hea i in ka la le li lo lu ma mer mi mo na ne no o or pa per ra re ri ro sa sha si so sta su ta the ti to tra u va ve vi wa wi you za".split(
    " ",
  );
const CYRILLIC =
  "ба бе бо ва ве ви во го да де до ду е жи за зи ка ко ла ле ли ло лю ма ме ми мо на не ни но о па по ра ре ро са се си со ста та те ти то ту у хо ча ша я ясь ный ный ть".split(
    " ",
  );
/** Words that half of all titles share. */
const COMMON = "the love of you me night in my time heart a to is world dance remix live version feat song".split(" ");
const COMMON_CYRILLIC = "любовь ты я не мой ночь в песня на сердце небо мир снова дождь город".split(" ");

const WORDS = 25_000;
const ARTISTS = 6_000;

/** Makes up tags as a large collection has them: some words everywhere, most of them rare, a quarter in Cyrillic. */
export function createInventor(seed = 1): (index: number) => InventedTrack {
  const random = createRandom(seed);
  const latin = vocabulary(LATIN, COMMON, random);
  const cyrillic = vocabulary(CYRILLIC, COMMON_CYRILLIC, random);
  const phrase = (words: readonly string[], longest: number) =>
    Array.from({ length: 1 + Math.floor(random() * longest) }, () => capital(pick(words, random))).join(" ");
  const language = () => (random() < 0.25 ? cyrillic : latin);
  const artists = Array.from({ length: ARTISTS }, () => phrase(language(), 3));
  return (index) => {
    const artist = pick(artists, random);
    const words = /[а-я]/i.test(artist) ? cyrillic : latin;
    return { title: `${phrase(words, 5)}${index % 11 === 0 ? " (Live)" : ""}`, artist, album: phrase(words, 3) };
  };
}

/** Zipf's law, roughly: the first are asked for far more often than the last. */
function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(items.length ** random()) - 1];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

function vocabulary(syllables: readonly string[], common: readonly string[], random: () => number): readonly string[] {
  const words = new Set(common);
  while (words.size < WORDS) {
    const length = 1 + Math.floor(random() * 4);
    words.add(Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)] ?? "").join(""));
  }
  return [...words];
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
