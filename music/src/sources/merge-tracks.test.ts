import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTrack } from "../track.js";
import { mergeTracks } from "./merge-tracks.js";

let made = 0;

/** `Performer - Title 3:20`; any length when none is given. */
function trackOf(source: string, uploader: string, title: string, durationSeconds = 200) {
  const id = String(++made);
  return createTrack({ id, url: `${source}://${id}`, source, title, uploader, durationSeconds });
}

type Upload = readonly [performer: string, title: string, seconds?: number];

// biome-ignore format: a table, read down its columns
const SAME: readonly (readonly [Upload, Upload])[] = [
  [["Imagine Dragons", "Believer", 204], ["Imagine Dragons", "Believer", 206]],
  [["Imagine Dragons", "Believer"], ["IMAGINE DRAGONS", "believer"]],
  [["The Beatles", "Yesterday"], ["Beatles", "Yesterday"]],
  [["Queen", "Bohemian Rhapsody"], ["Queen", "Bohemian Rhapsody (Remastered 2011)"]],
  [["Queen", "Bohemian Rhapsody (2011 Remaster)"], ["Queen", "Bohemian Rhapsody"]],
  [["Daft Punk", "Get Lucky (feat. Pharrell Williams)"], ["Daft Punk", "Get Lucky"]],
  [["Daft Punk feat. Pharrell Williams", "Get Lucky"], ["Daft Punk", "Get Lucky ft. Pharrell Williams & Nile Rodgers"]],
  [["Eminem, Rihanna", "Love the Way You Lie"], ["Eminem", "Love The Way You Lie (feat. Rihanna)"]],
  [["Simon & Garfunkel", "The Sound of Silence"], ["Simon and Garfunkel", "Sound of Silence"]],
  [["МакSим", "Знаешь ли ты"], ["MakSim", "Znaesh li ty"]],
  [["Земфира", "Хочешь?"], ["ЗЕМФИРА", "Хочешь"]],
  [["Сплин", "Моё сердце"], ["Сплин", "Мое сердце"]],
  [["Кино", "Группа крови"], ["Кино", "Группа крови (Remastered)"]],
  [["AC/DC", "Thunderstruck"], ["ACDC", "Thunderstruck"]],
  [["Beyoncé", "Halo"], ["Beyonce", "Halo"]],
  [["a-ha", "Take On Me (1985)"], ["a-ha", "Take on Me"]],
  [["Guns N' Roses", "Don't Cry"], ["Guns N’ Roses", "Don’t Cry"]],
  [["Avicii", "Levels (Original Mix)"], ["Avicii", "Levels"]],
  [["Celine Dion", "My Heart Will Go On (From \"Titanic\")"], ["Céline Dion", "My Heart Will Go On"]],
  [["Florence + The Machine", "Dog Days Are Over"], ["Florence and the Machine", "Dog Days Are Over"]],
  [["Drake", "One Dance (Album Version)"], ["Drake", "One Dance (Explicit)"]],
];

// biome-ignore format: a table, read down its columns
const OTHERS: readonly (readonly [Upload, Upload])[] = [
  [["Imagine Dragons", "Believer", 204], ["Imagine Dragons", "Believer", 208]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Live)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Kaskade Remix)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Acoustic)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Karaoke)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Instrumental)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (sped up)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (slowed + reverb)"]],
  [["Imagine Dragons", "Believer"], ["Imagine Dragons", "Believer (Radio Edit)"]],
  [["Nirvana", "Lithium (Live at Reading)"], ["Nirvana", "Lithium (Live in Paris)"]],
  [["Leonard Cohen", "Hallelujah"], ["Jeff Buckley", "Hallelujah"]],
  [["Imagine Dragons", "Believer"], ["Sing King", "Believer"]],
  [["", "Believer"], ["", "Believer"]],
  [["Grateful Dead", "Dark Star", 0], ["Grateful Dead", "Dark Star", 0]],
  [["Земфира", "Хочешь?"], ["Земфира", "Хочешь? (Кавер)"]],
  [["Taylor Swift", "Style"], ["Taylor Swift", "Style (Taylor's Version)"]],
  [["The Smashing Pumpkins", "1979"], ["The Smashing Pumpkins", "1969"]],
  [["Chopin", "Nocturne No. 1"], ["Chopin", "Nocturne No. 2"]],
  [["Blur", "Song 2"], ["Blur", "Song 1"]],
];

test.each(SAME)("%j and %j are one recording", (one, other) => {
  expect(mergeTracks([[trackOf("yt", ...one)], [trackOf("sc", ...other)]])).toHaveLength(1);
  expect(mergeTracks([[trackOf("yt", ...other), trackOf("yt", ...one)]])).toHaveLength(1);
});

test.each(OTHERS)("%j and %j are two", (one, other) => {
  expect(mergeTracks([[trackOf("yt", ...one)], [trackOf("sc", ...other)]])).toHaveLength(2);
});

test("of one recording that is kept which is had best, at the place of the first", () => {
  const youtube = [trackOf("yt", "Queen", "Bohemian Rhapsody"), trackOf("yt", "Queen", "Somebody to Love")];
  const archive = [trackOf("ia", "Blondie", "Heart of Glass"), trackOf("ia", "Queen", "Bohemian Rhapsody")];
  const library = [trackOf("library", "Abba", "Waterloo"), trackOf("library", "Queen", "Somebody To Love")];
  const merged = mergeTracks([youtube, archive, library]);
  expect(merged.map(({ source, title }) => `${source} ${title}`)).toEqual([
    "ia Bohemian Rhapsody",
    "ia Heart of Glass",
    "library Waterloo",
    "library Somebody To Love",
  ]);
});

test("two files of the library stay two", () => {
  const library = [trackOf("library", "Abba", "Waterloo"), trackOf("library", "Abba", "Waterloo")];
  expect(mergeTracks([library])).toHaveLength(2);
});

test("what matches the query exactly goes up, in either order of its words", () => {
  const lists = () => [
    [trackOf("yt", "Lyrics", "Believer best of", 100), trackOf("yt", "Imagine Dragons", "Believer")],
    [trackOf("sc", "Somebody", "Dragons", 50)],
  ];
  for (const query of ["imagine dragons believer", "Believer — Imagine Dragons", "believer  IMAGINE dragons"]) {
    expect(mergeTracks(lists(), query)[0]).toMatchObject({ uploader: "Imagine Dragons" });
  }
  expect(mergeTracks(lists(), "dragons")[0]).toMatchObject({ uploader: "Lyrics" });
});

test("the library keeps its own order, whatever matches", () => {
  const library = [trackOf("library", "Somebody", "First"), trackOf("library", "Imagine Dragons", "Believer")];
  const merged = mergeTracks([library, [trackOf("yt", "x", "y")]], "imagine dragons believer");
  expect(merged.filter(({ source }) => source === "library")).toEqual(library);
});

test("sources take turns, and nothing of nothing is nothing", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((title) => trackOf("yt", "", title));
  expect(mergeTracks([[a, b, c].filter((track) => track !== undefined), d ? [d] : []])).toEqual([a, d, b, c]);
  expect(mergeTracks([])).toEqual([]);
  expect(mergeTracks([[], []], "x")).toEqual([]);
});

test("a track that two lists have is there once", () => {
  const track = trackOf("yt", "", "a");
  expect(mergeTracks([[track], [track]])).toEqual([track]);
});

test("whatever is found, nothing is made up, nothing is there twice, and every recording is kept", () => {
  const titles = fc.oneof(
    fc.constantFrom("Believer", "believer (live)", "BELIEVER (feat. X)", "()", ""),
    fc.string({ unit: "grapheme" }),
  );
  const found = fc.record({
    source: fc.constantFrom("library", "yt", "sc", "ia", "web"),
    title: titles,
    uploader: fc.constantFrom("", "A", "a", "The A", "B"),
    seconds: fc.integer({ min: 0, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(found, { maxLength: 8 }), { maxLength: 5 }), titles, (lists, query) => {
      const tracks = lists.map((list) =>
        list.map(({ source, uploader, title, seconds }) => trackOf(source, uploader, title, seconds)),
      );
      const merged = mergeTracks(tracks, query);
      const all = tracks.flat();
      expect(new Set(merged).size).toBe(merged.length);
      expect(merged.every((track) => all.includes(track))).toBe(true);
      // Of each performer something is left, and all of which nobody knows whose it is.
      expect(new Set(merged.map(({ uploader }) => uploader.replace(/^the /i, "").toLowerCase()))).toEqual(
        new Set(all.map(({ uploader }) => uploader.replace(/^the /i, "").toLowerCase())),
      );
      const kept = merged.filter(({ uploader }) => uploader === "");
      expect(kept).toHaveLength(all.filter(({ uploader }) => uploader === "").length);
    }),
    { numRuns: 500 },
  );
});
