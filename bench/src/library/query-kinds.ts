import type { InventedTrack } from "./invent-tracks.js";

/** A way in which people ask. */
export interface QueryKind {
  readonly name: string;
  readonly query: (track: InventedTrack, call: number) => string;
  readonly byArtist?: boolean;
}

/** Two letters in the wrong order, as fingers do it. */
function slip(text: string): string {
  const swapped = (word: string) => (word.length < 5 ? word : `${word.slice(0, 2)}${word[3]}${word[2]}${word.slice(4)}`);
  return text.split(" ").map(swapped).join(" ");
}

const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  "a:а b:б c:к d:д e:е f:ф g:г h:х i:и k:к l:л m:м n:н o:о p:п r:р s:с t:т u:у v:в w:в y:и z:з"
    .split(" ")
    .map((pair) => pair.split(":")),
);

function inCyrillic(text: string): string {
  return Array.from(text.toLowerCase(), (letter) => LETTERS[letter] ?? letter).join("");
}

export const QUERY_KINDS: readonly QueryKind[] = [
  { name: "a title", query: ({ title }) => title },
  { name: "performer and title", query: ({ artist, title }) => `${artist} ${title}` },
  { name: "the beginning of a title", query: ({ title }) => title.slice(0, 5) },
  { name: "one letter", query: ({ title }) => title.slice(0, 1) },
  { name: "words that thousands have", query: (_, call) => ["the love", "you and me", "любовь моя", "night in"][call % 4] ?? "" },
  { name: "a title with slips", query: ({ title }) => slip(title) },
  { name: "performer and title with slips", query: ({ artist, title }) => slip(`${artist} ${title}`) },
  { name: "a title in Cyrillic letters", query: ({ title }) => inCyrillic(title) },
  { name: "with words that are not there", query: ({ artist, title }) => `${artist} ${title} official video 2021` },
  { name: "what is not there", query: (_, call) => `xqzvw ${call} bzzt` },
  { name: "SearchByArtist", query: ({ artist }) => artist, byArtist: true },
  { name: "SearchByArtist with slips", query: ({ artist }) => slip(artist), byArtist: true },
];
