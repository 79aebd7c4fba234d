/**
 * How texts are made comparable.
 *
 * `words` forgets case, accents and punctuation: "Beyoncé — Ёлка" is "beyonce elka". `sounds` goes on and writes each
 * word down roughly as it is heard, in Latin letters, whatever alphabet it came in: "дождь", "dozhd" and "dojd" are all
 * "dojd", "believer" and "беливер" are both "bilivir". Sounds need not be pretty, only alike.
 */

/** More words than that in one query add nothing. */
const MAX_WORDS = 16;
/** Longer words are cut: nobody types them. */
const MAX_WORD_LENGTH = 40;

/** Letters that Unicode does not take apart into a base and an accent. */
const LETTERS: Readonly<Record<string, string>> = { ß: "ss", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i" };

/** Lower case, without accents; ё counts as е and й as и. */
function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[ßøłđðþæœı]/gu, (letter) => LETTERS[letter] ?? letter);
}

/** The words of a text, at most 16 of at most 40 characters. Apostrophes do not split: "don't" is "dont". */
export function words(text: string): string[] {
  const found = fold(text)
    .replace(/['’ʼ`´]/gu, "")
    .match(/[\p{L}\p{N}]+/gu);
  return (found ?? []).slice(0, MAX_WORDS).map((word) => word.slice(0, MAX_WORD_LENGTH));
}

// biome-ignore format: a table, read down its columns
const CYRILLIC: Readonly<Record<string, string>> = {
  а: "a", б: "b", в: "v", г: "g", д: "d", е: "e", ж: "zh", з: "z", и: "i", к: "k", л: "l", м: "m", н: "n", о: "o", п: "p",
  р: "r", с: "s", т: "t", у: "u", ф: "f", х: "kh", ц: "ts", ч: "ch", ш: "sh", щ: "sh", ъ: "", ы: "i", ь: "", э: "e",
  ю: "yu", я: "ya", є: "e", і: "i", ґ: "g", ў: "v", ђ: "d", ј: "i", љ: "l", њ: "n", ћ: "ch", џ: "dzh",
};

/** Spellings and what they sound like, applied in this order. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/shch|sch|sh/g, "w"], // a letter that is free: w itself turns into v first
  [/tch|ch/g, "q"],
  [/dzh|dj|zh/g, "j"],
  [/kh/g, "h"],
  [/ph/g, "f"],
  [/th/g, "t"],
  [/ck/g, "k"],
  [/x/g, "ks"],
  [/ts|tz/g, "c"],
  [/ee|ea|ie|ei|ey/g, "i"],
  [/oo|ou/g, "u"],
  [/au/g, "o"],
  [/[yi](?=[aou])/g, ""], // я, ya and ia; ю, yu and iu
  [/[ey]/g, "i"],
  [/(.)\1+/g, "$1"],
];

/** "fire", "dance"; but "счастье" is heard to its end. */
const SILENT_E = /(?<=[a-z]{3})e$/;

/** One word of `words` as it is heard. Never longer than twice the word. */
export function sound(word: string): string {
  const latin = Array.from(word, (letter) => CYRILLIC[letter] ?? letter).join("");
  let heard = latin
    .replaceAll("qu", "kv")
    .replaceAll("q", "k")
    .replaceAll("w", "v")
    .replace(/c(?=[eiy])/g, "s")
    .replace(/c(?!h|k)/g, "k");
  if (latin === word) heard = heard.replace(SILENT_E, "");
  for (const [spelling, replacement] of SPELLINGS) heard = heard.replace(spelling, replacement);
  return heard;
}

/** The words of a text as they are heard. */
export function sounds(text: string): string[] {
  return words(text).map(sound).filter(Boolean);
}
