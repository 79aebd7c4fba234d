import fc from "fast-check";
import { expect, test } from "vitest";
import { countOf, secondsOf, textOf, textsOf, trackNumberOf } from "./read-fields.js";
import { toRecordings } from "./recordings.js";

function names(files: readonly unknown[]) {
  return toRecordings("item", files).map(({ name, files: encodings }) => [name, ...encodings.map((file) => file.name)]);
}

test("an upload and what was made of it are one recording; MP3 before a thin MP3, Ogg and what has to be converted", () => {
  const made = [
    { name: "a.wav", format: "WAVE", original: "a.flac" },
    { name: "a_64kb.mp3", format: "64Kbps MP3", original: "a.flac" },
    { name: "a.ogg", format: "Ogg Vorbis", original: "a.mp3" },
    { name: "a.mp3", format: "VBR MP3", original: "a.flac" },
    { name: "a_sample.mp3", format: "MP3 Sample", original: "a.flac" },
    { name: "a.png", format: "PNG", original: "a.flac" },
    { name: "a.flac", format: "Flac", source: "original" },
  ];
  const expected = [["a.flac", "a.mp3", "a_64kb.mp3", "a.ogg", "a.flac", "a.wav"]];
  expect(names(made)).toEqual(expected);
  expect(names(made.toReversed())).toEqual(expected);
});

test("two uploads of one recording in different encodings are one: by path, by tags, by length", () => {
  expect(names([{ name: "01 Polska.flac" }, { name: "01 Polska.mp3" }])).toEqual([
    ["01 Polska.mp3", "01 Polska.mp3", "01 Polska.flac"],
  ]);
  const tagged = [
    { name: "x.flac", title: "Vals", track: "2", length: "300" },
    { name: "y.mp3", title: "vals", track: "02", length: "5:01" },
  ];
  expect(names(tagged)).toHaveLength(1);
  const foldered = [
    { name: "FLAC/01.flac", length: "100" },
    { name: "MP3/01.mp3", length: "101.5" },
  ];
  expect(names(foldered)).toHaveLength(1);
});

test("two recordings that look alike stay two", () => {
  const discs = [
    { name: "CD1/01.mp3", length: "100" },
    { name: "CD2/01.mp3", length: "100" },
  ];
  expect(names(discs)).toHaveLength(2);
  const lengths = [
    { name: "CD1/01.mp3", length: "100" },
    { name: "CD2/01.flac", length: "140" },
  ];
  expect(names(lengths)).toHaveLength(2);
  const unknown = [{ name: "CD1/01.mp3" }, { name: "CD2/01.flac" }];
  expect(names(unknown)).toHaveLength(2);
  const takes = [
    { name: "take-1.mp3", title: "Intro", track: "1" },
    { name: "take-2.mp3", title: "Intro", track: "1" },
  ];
  expect(names(takes)).toHaveLength(2);
});

test("files that are private, empty or no audio are not offered, and a recording of which nothing is left is none", () => {
  const files = [
    { name: "a.shn", format: "Shorten", private: "true", title: "Jam", track: "1" },
    { name: "a.mp3", format: "VBR MP3", original: "a.shn" },
    { name: "b.shn", private: true },
    { name: "b.mp3", format: "VBR MP3", original: "b.shn", private: "true" },
    { name: "c.mp3", size: "0" },
    { name: "d.mp4" },
    { name: "e.txt" },
  ];
  const [only, ...others] = toRecordings("item", files);
  expect(only).toMatchObject({ name: "a.shn", title: "Jam", number: 1, names: ["a.shn", "a.mp3"] });
  expect(others).toEqual([]);
});

test("tracks go by folder, then by number, then by name as people count", () => {
  const files = ["disc2/1.mp3", "disc10/1.mp3", "disc1/10 b.mp3", "disc1/9 z.mp3", "bonus.mp3", "Ax.mp3"].map((name) => ({
    name,
  }));
  expect(toRecordings("item", files).map(({ name }) => name)).toEqual([
    "Ax.mp3",
    "bonus.mp3",
    "disc1/9 z.mp3",
    "disc1/10 b.mp3",
    "disc2/1.mp3",
    "disc10/1.mp3",
  ]);
});

test("an item of 20,000 files is read, each once", () => {
  const files = Array.from({ length: 5_000 }, (_, at) => [
    { name: `disc${at % 50}/${at}.flac`, title: "Same title", track: "1", length: "100", size: "100000" },
    { name: `disc${at % 50}/${at}.mp3`, original: `disc${at % 50}/${at}.flac`, format: "VBR MP3", size: "30000" },
    { name: `disc${at % 50}/${at}.ogg`, original: `disc${at % 50}/${at}.flac`, format: "Ogg Vorbis", size: "30000" },
    { name: `disc${at % 50}/${at}.png`, original: `disc${at % 50}/${at}.flac`, format: "PNG", size: "3000" },
  ]).flat();
  const recordings = toRecordings("item", files);
  expect(recordings).toHaveLength(5_000);
  expect(new Set(recordings.flatMap(({ files: encodings }) => encodings.map(({ name }) => name))).size).toBe(15_000);
});

test("a list that calls thousands of uploads one recording is read in no more time than another", () => {
  const files = Array.from({ length: 5_000 }, (_, at) => [
    { name: `${at}.kind${at}`, title: "Same", track: "1" },
    { name: `${at}.mp3`, original: `${at}.kind${at}`, size: "5000" },
  ]).flat();
  const recordings = toRecordings("item", files);
  expect(recordings.flatMap(({ files: encodings }) => encodings)).toHaveLength(5_000);
  expect(Math.max(...recordings.map(({ files: encodings }) => encodings.length))).toBeLessThan(10);
});

test.each([
  ["351.4", 351.4],
  [201, 201],
  ["5:51", 351],
  ["1:05:51", 3951],
  ["00:03:21.50", 201.5],
  [["3:00", "4:00"], 180],
  ["", 0],
  ["-3", 0],
  ["1:2:3:4", 0],
  ["3 minutes", 0],
  ["1e9", 0],
  [Number.NaN, 0],
  [null, 0],
  [{ a: 1 }, 0],
])("a length of %j is %d seconds", (value, seconds) => {
  expect(secondsOf(value)).toBe(seconds);
});

test("numbers of tracks and sizes come as texts", () => {
  expect(["3/12", "03", 7, "A1", "", null].map(trackNumberOf)).toEqual([3, 3, 7, 0, 0, 0]);
  expect(["8419768", 12, "1e400", "-5", "12.5", "many", undefined].map(countOf)).toEqual([8_419_768, 12, 0, 0, 0, 0, 0]);
  expect(textsOf([null, " a ", 3, "", ["x"]])).toEqual(["a", "3"]);
  expect(textOf("\u202Eevil\u202C")).toBe("evil");
});

test("no files make reading them throw, and none leads out of its item", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 2 }),
    fc.constant("true"),
  );
  const name = fc.constantFrom(
    "a.mp3",
    "a.flac",
    "b.ogg",
    "../a.mp3",
    "/x.mp3",
    "d/a.mp3",
    "__proto__.mp3",
    "constructor",
    "a\0.mp3",
    "",
  );
  const file = fc.record(
    {
      name: fc.oneof(name, value),
      original: fc.oneof(name, value),
      title: value,
      length: value,
      track: value,
      size: value,
      format: value,
      private: value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(file, value), { maxLength: 12 }), (files) => {
      for (const recording of toRecordings("item", files)) {
        expect(recording.files.length).toBeGreaterThan(0);
        for (const { name: used } of [recording, ...recording.files]) expect(`/${used}/`).not.toMatch(/\/\.\.?\/|\/\/|\0/);
      }
    }),
  );
});
