import fc from "fast-check";
import { expect, test } from "vitest";
import { parseLucene } from "../../testing/fake-archive/lucene.js";
import { byCreator, everywhere, nearby } from "./search-query.js";

const playable = { mediatype: "audio", format: ["VBR MP3"] };

test("words are looked for everywhere, and what cannot be played, or is lent, is left out", () => {
  const matches = parseLucene(everywhere("Dancing Queen abba") ?? "");
  expect(matches({ ...playable, title: "Dancing Queen", creator: "ABBA" })).toBe(true);
  expect(matches({ ...playable, title: "Queen", creator: "ABBA" })).toBe(false);
  expect(matches({ ...playable, title: "Dancing Queen ABBA", mediatype: "movies" })).toBe(false);
  expect(matches({ ...playable, title: "Dancing Queen ABBA", format: ["Text PDF"] })).toBe(false);
  expect(matches({ ...playable, title: "Dancing Queen ABBA", "access-restricted-item": "true" })).toBe(false);
});

test("a performer is looked for as the creator alone", () => {
  const matches = parseLucene(byCreator("ABBA") ?? "");
  expect(matches({ ...playable, creator: ["ABBA", "Others"] })).toBe(true);
  expect(matches({ ...playable, title: "ABBA", creator: "A cover band" })).toBe(false);
});

test.each([
  ['say "hello" world', ["say", "hello", "world"]],
  ["title:secret", ["title", "secret"]],
  ["AC/DC (live) [1978] {x}", ["ac", "dc", "live", "1978", "x"]],
  ["rock AND roll OR not NOT TO", ["rock", "and", "roll", "or", "not", "not", "to"]],
  ["a && b || !c -d +e ~f ^g *h ?i \\j", ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]],
  ["Don’t R.E.M. it's", ["don't", "r.e.m", "it's"]],
  ["Песня — «о дожде»", ["песня", "о", "дожде"]],
  ["🎧 rain 🌧️", ["rain"]],
  ["* OR identifier:* ", ["or", "identifier"]],
])("%s is words and no syntax", (text, expected) => {
  const query = everywhere(text) ?? "";
  const quoted = query.slice(0, query.indexOf(") AND mediatype")).match(/"[^"]*"/g);
  expect(quoted).toEqual(expected.map((word) => `"${word}"`));
});

test.each(["🎧", "!!!", '"""', "()", "   ", "＊", "—"])("%s has no words: nothing is asked", (text) => {
  expect([everywhere(text), nearby(text), byCreator(text)]).toEqual([undefined, undefined, undefined]);
});

test("whatever is typed, the query is one that means words: it never finds what is not playable", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.string({
      unit: fc.constantFrom('"', "(", ")", ":", "\\", " OR ", " AND ", "NOT ", "*", "a", "б", "'", "."),
      maxLength: 40,
    }),
  );
  fc.assert(
    fc.property(typed, (text) => {
      for (const query of [everywhere(text), nearby(text), byCreator(text)]) {
        if (query === undefined) continue;
        expect(parseLucene(query)({ mediatype: "texts", title: text, creator: text, format: ["VBR MP3"] })).toBe(false);
      }
    }),
  );
});

test("a long text asks for twelve words", () => {
  expect(everywhere("word ".repeat(50))?.match(/"word"/g)).toHaveLength(12);
});
