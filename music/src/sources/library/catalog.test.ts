import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createCatalog, type LibraryFile } from "./catalog.js";

let counter = 0;

function file(artist: string, title: string, more: Partial<LibraryFile> = {}): LibraryFile {
  const hash = (++counter).toString(16).padStart(64, "0");
  return {
    path: `/music/${hash}.mp3`,
    sizeBytes: 1,
    modifiedMs: 0,
    hash,
    container: "mp3",
    title,
    artist,
    album: "",
    license: "",
    durationSeconds: 30,
    cover: "",
    ...more,
  };
}

function filled() {
  const catalog = createCatalog();
  catalog.add(file("Paper Lanterns", "Believer", { album: "Small Hours" }));
  catalog.add(file("Северный Ветер", "Тихий дождь", { album: "Ёлки" }));
  catalog.add(file("Northern Lights", "Winter Road"));
  catalog.add(file("Beyoncé Knöpfler", "Café del Mar"));
  catalog.add(file("Winter Choir", "Summer Song"));
  return catalog;
}

const titles = (query: string) =>
  filled()
    .search(query, 10)
    .map((track) => track.title);

test.each([
  ["believer", "Believer"],
  ["BELIEVER", "Believer"],
  ["belie", "Believer"],
  ["beleiver", "Believer"],
  ["beliver", "Believer"],
  ["believr", "Believer"],
  ["билив", "Believer"],
  ["беливер", "Believer"],
  ["бeливер", "Believer"], // with a Latin e
  ["believer paper lanterns", "Believer"],
  ["lanterns believer", "Believer"],
  ["believer official video paper", "Believer"],
  ["пейпер лантернс", "Believer"],
  ["small hours", "Believer"],
  ["тихий дождь", "Тихий дождь"],
  ["дождь тихий", "Тихий дождь"],
  ["тихй дождь", "Тихий дождь"],
  ["tihiy dozhd", "Тихий дождь"],
  ["tikhij dojd", "Тихий дождь"],
  ["severniy veter", "Тихий дождь"],
  ["елки", "Тихий дождь"],
  ["yolki", "Тихий дождь"],
  ["cafe", "Café del Mar"],
  ["beyonce knopfler", "Café del Mar"],
  ["бейонсе", "Café del Mar"],
])("“%s” finds %s first", (query, title) => {
  expect(titles(query)[0]).toBe(title);
});

test.each(["xylophone", "!!!", "ъ", "зима"])("“%s” finds nothing", (query) => {
  expect(titles(query)).toEqual([]);
});

test("an exact title comes before a performer with that word", () => {
  expect(titles("winter")).toEqual(["Winter Road", "Summer Song"]);
});

test("by artist, the title does not count", () => {
  const found = filled().searchByArtist("winter", 10);
  expect(found.map((track) => track.title)).toEqual(["Summer Song"]);
});

test.each(["northern lights", "нортерн лайтс", "Lights, NORTHERN", "northen ligths"])(
  "by artist, “%s” finds Northern Lights",
  (artist) => {
    expect(
      filled()
        .searchByArtist(artist, 10)
        .map((track) => track.uploader),
    ).toEqual(["Northern Lights"]);
  },
);

test("at most as many as asked for", () => {
  const catalog = createCatalog();
  for (let at = 0; at < 20; at++) catalog.add(file("Someone", `Song ${at}`));
  expect(catalog.search("song", 7)).toHaveLength(7);
});

test("the same content under several names is one track, as long as one of them is there", () => {
  const catalog = createCatalog();
  const original = file("A", "Twin");
  catalog.add(original);
  catalog.add({ ...original, path: "/music/copy.mp3" });
  expect(catalog.search("twin", 10)).toHaveLength(1);
  catalog.remove(original.path);
  expect(catalog.find(original.hash)?.file.path).toBe("/music/copy.mp3");
  catalog.remove("/music/copy.mp3");
  expect(catalog.search("twin", 10)).toEqual([]);
  expect(catalog.size()).toBe(0);
});

test("a file with new content replaces its track", () => {
  const catalog = createCatalog();
  const before = file("A", "Before");
  catalog.add(before);
  catalog.add({ ...file("A", "After"), path: before.path });
  expect(catalog.search("before", 10)).toEqual([]);
  expect(catalog.search("after", 10)).toHaveLength(1);
});

test("any query is answered", () => {
  const catalog = filled();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (query) => {
      expect(catalog.search(query, 3).length).toBeLessThanOrEqual(3);
      expect(catalog.searchByArtist(query, 3).length).toBeLessThanOrEqual(3);
    }),
    { numRuns: 300 },
  );
});
