import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { TrackNotFoundError } from "../src/errors.js";
import { readItem } from "../src/sources/archive/read-item.js";
import { readFixture, startArchive } from "./archive-source.js";
import { createManualClock } from "./manual-clock.js";
import { bigJpeg } from "./pictures.js";

const { signal } = new AbortController();
const DETAILS = "https://archive.org/details";

function titles(tracks: readonly Track[]): string[] {
  return tracks.map(({ title }) => title);
}

test("a track tells all that the archive knows of it", async () => {
  const { source } = await startArchive();
  const [track] = await source.search("tide night lantern", 10, signal);
  expect(track).toMatchObject({
    id: "harbour-lights-ep/03 - Tide & Night 100%.mp3",
    title: "Tide & Night",
    uploader: "Lantern Crew feat. Ada",
    durationSeconds: 245,
    url: `${DETAILS}/harbour-lights-ep/03%20-%20Tide%20%26%20Night%20100%25.mp3`,
    source: "ia",
    album: "Harbour Lights EP",
    license: "http://creativecommons.org/licenses/by-nc-sa/3.0/",
    thumbnailUrl: "https://archive.org/services/img/harbour-lights-ep",
  });
});

test("fields that are lists, numbers, or missing are read as well as texts", async () => {
  const { source } = await startArchive();
  const { tracks } = await source.list(`${DETAILS}/northern-quartet`, signal);
  const vals = tracks.find(({ title }) => title === "Vals");
  expect(vals).toMatchObject({
    uploader: "Elin Berg, Nils Ström",
    album: "The Northern Quartet at Home",
    license: "",
    durationSeconds: 301,
  });
  const [song] = await source.search("песня дожде", 10, signal);
  expect(song).toMatchObject({ title: "Песня о дожде", uploader: "Хор «Заря»", durationSeconds: 201 });
});

test("the recording that was meant comes first, then those of its album", async () => {
  const { source } = await startArchive();
  expect(titles(await source.search("Lantern Crew FOGHORN", 10, signal))[0]).toBe("Foghorn");
  expect(titles(await source.search("lantern crew", 10, signal))).toEqual(["Quay", "Foghorn", "Tide & Night"]);
  expect(titles(await source.search("lantern crew", 2, signal))).toEqual(["Quay", "Foghorn"]);
});

test("a query is answered by performer and title together, although the search knows no titles of tracks", async () => {
  const { source, archive } = await startArchive();
  expect(titles(await source.search("northern quartet polska", 10, signal))).toEqual(["Polska"]);
  expect(archive.requests().filter((path) => path.startsWith("/advancedsearch.php"))).toHaveLength(2);
  expect(await source.search("lantern crew waterloo", 10, signal)).toEqual([]);
});

test("items take turns when they match as well", async () => {
  const album = (identifier: string) => ({
    files: ["1", "2"].map((track) => ({
      name: `${track}.mp3`,
      format: "VBR MP3",
      size: "5000",
      title: `${identifier} ${track}`,
      track,
    })),
    metadata: { identifier, mediatype: "audio", title: identifier, creator: "Twin Rivers" },
  });
  const { source } = await startArchive({ items: { north: album("north"), south: album("south") } });
  expect(titles(await source.search("twin rivers", 3, signal))).toEqual(["north 1", "south 1", "north 2"]);
  expect(titles(await source.searchByArtist("twin rivers", 10, signal))).toEqual(["north 1", "south 1", "north 2", "south 2"]);
});

test("a performer is found as such, never in a title", async () => {
  const { source } = await startArchive();
  expect(titles(await source.searchByArtist("nils ström", 10, signal))).toEqual(
    ["Polska", "Finale", "Intro", "Vals"].toSorted(byList),
  );
  expect(await source.searchByArtist("Polska", 10, signal)).toEqual([]);
  expect(await source.searchByArtist("silence", 10, signal)).toEqual([]);
});

const PLAYED = ["Intro", "Polska", "Finale", "Vals"];
function byList(one: string, other: string): number {
  return PLAYED.indexOf(one) - PLAYED.indexOf(other);
}

test.each([
  "🎧",
  '"""',
  "() [] {}",
  "AND OR NOT",
  'lantern" OR mediatype:texts OR "',
  "title:(",
  "\\",
  "a".repeat(100),
  "💥 ~ ^ * ?",
])("%s is typed, and the archive is asked in words that it understands, or not at all", async (query) => {
  const { source } = await startArchive();
  expect(await source.search(query, 10, signal)).toEqual([]);
  expect(await source.searchByArtist(query, 10, signal)).toEqual([]);
});

test("what is dark, lent or not there is left out of a search, and not found by its link", async () => {
  const { source } = await startArchive();
  for (const title of ["Dark Record", "Lent Record", "Secret Set"]) expect(await source.search(title, 10, signal)).toEqual([]);
  for (const path of [
    "dark-record",
    "lent-record",
    "lent-record/side-a.mp3",
    "no-such-item",
    "live-at-the-barn/barn_t02.shn",
    "harbour-lights-ep/none.mp3",
  ]) {
    await expect(source.resolve(`${DETAILS}/${path}`, signal), path).rejects.toThrow(TrackNotFoundError);
    await expect(source.list(`${DETAILS}/${path}`, signal), path).rejects.toThrow(TrackNotFoundError);
  }
});

test("an album is listed in its order, discs after one another", async () => {
  const { source } = await startArchive();
  const album = await source.list(`${DETAILS}/northern-quartet`, signal);
  expect([album.playlistTitle, ...titles(album.tracks)]).toEqual(["The Northern Quartet at Home", ...PLAYED]);
});

test("an item of one recording, and a file, are single tracks", async () => {
  const { source } = await startArchive();
  const one = await source.list(`${DETAILS}/pesnya-o-dozhde`, signal);
  expect([one.playlistTitle, titles(one.tracks)]).toEqual(["", ["Песня о дожде"]]);
  const file = await source.list(`${DETAILS}/harbour-lights-ep/02%20-%20Foghorn.mp3`, signal);
  expect([file.playlistTitle, titles(file.tracks)]).toEqual(["", ["Foghorn"]]);
});

test("a collection is listed by its items, those that are downloaded most first", async () => {
  const { source } = await startArchive();
  const shelf = await source.list(`${DETAILS}/northern-shelf`, signal);
  expect([shelf.playlistTitle, ...titles(shelf.tracks)]).toEqual(["A Shelf", "Quay", "Foghorn", "Tide & Night", ...PLAYED]);
});

test("a list ends after a hundred tracks", async () => {
  const files = Array.from({ length: 150 }, (_, at) => ({
    name: `${at + 1}.mp3`,
    format: "VBR MP3",
    track: String(at + 1),
    size: "5000",
  }));
  const { source } = await startArchive({
    items: { dump: { files, metadata: { identifier: "dump", mediatype: "audio", title: "Dump" } } },
  });
  const { tracks } = await source.list(`${DETAILS}/dump`, signal);
  expect(tracks).toHaveLength(100);
  expect(tracks.at(-1)?.id).toBe("dump/100.mp3");
  expect((await source.resolve(`${DETAILS}/dump/140.mp3`, signal)).track.id).toBe("dump/140.mp3");
});

test("every encoding of a recording leads to the one link of its track, and that link to itself", async () => {
  const { source } = await startArchive();
  const links = [
    "details/harbour-lights-ep/01+-+Quay_64kb.mp3",
    "download/harbour-lights-ep/01%20-%20Quay.ogg",
    "details/harbour-lights-ep/01 - Quay.mp3",
  ];
  for (const link of links) {
    const canonical = source.canonicalUrl(`https://archive.org/${link}`) ?? "";
    const { track } = await source.resolve(canonical, signal);
    expect(track.url).toBe(`${DETAILS}/harbour-lights-ep/01%20-%20Quay.mp3`);
    expect(source.canonicalUrl(track.url)).toBe(track.url);
  }
});

test("of each recording the encoding that plays as it is, is fetched; a smaller one when it is too large", async () => {
  const { source } = await startArchive();
  const container = async (path: string) => (await source.resolve(`${DETAILS}/${path}`, signal)).container;
  expect(await container("northern-quartet/disc2/01%20Vals.flac")).toBe("mp3");
  expect(await container("northern-quartet/disc1/01%20Intro.wav")).toBe("flac");
  const small = await startArchive({ source: { maxBytes: 50_000 } });
  const quay = await small.source.resolve(`${DETAILS}/harbour-lights-ep/01%20-%20Quay.mp3`, signal);
  expect(quay.sizeBytes).toBe(16_000);
  const vals = await small.source.resolve(`${DETAILS}/northern-quartet/disc2/01%20Vals.flac`, signal);
  expect(vals.sizeBytes, "nothing fits: the best is taken, and the limit told by others").toBe(90_000);
});

test("a link to an album is no track", async () => {
  const { source } = await startArchive();
  await expect(source.resolve(`${DETAILS}/harbour-lights-ep`, signal)).rejects.toThrow(TrackNotFoundError);
});

test("a fetch brings exactly the file, its cover, and tells how far it is", async () => {
  const cover = bigJpeg(64, 64);
  const { source, archive } = await startArchive({ bytes: 300_000, image: { bytes: cover, type: "image/jpeg" } });
  const audio = await source.resolve(archive.trackUrl(2), signal);
  const folder = await temporaryFolder();
  const told: [number, number][] = [];
  const fetched = await audio.fetch({ folder, maxBytes: 1_000_000, progress: (...numbers) => told.push(numbers) }, signal);
  expect(fetched).toMatchObject({ container: "mp3", path: join(folder, "audio"), coverPath: join(folder, "cover") });
  expect((await readFile(fetched.path)).equals(archive.bytesOf("fake-track-2", "silence-2.mp3").read(0, 300_000))).toBe(true);
  expect((await readFile(fetched.coverPath ?? "")).equals(Buffer.from(cover))).toBe(true);
  expect(told.at(-1)).toEqual([300_000, 300_000]);
  expect(told.every(([bytes], at) => bytes >= (told[at - 1]?.[0] ?? 0))).toBe(true);
});

test("names with anything in them are fetched under a name of ours", async () => {
  const { source, archive } = await startArchive();
  const { tracks } = await source.list(`${DETAILS}/hostile-names`, signal);
  for (const { url } of tracks) {
    const folder = await temporaryFolder();
    const { path } = await (await source.resolve(url, signal)).fetch({ folder, maxBytes: 0, progress: () => undefined }, signal);
    expect((await stat(path)).size).toBeGreaterThanOrEqual(3_000);
  }
  expect([...archive.fetches().keys()]).toHaveLength(tracks.length);
});

test("names that lead out, hide characters, or run in circles do no harm", async () => {
  const { source } = await startArchive();
  const { tracks, playlistTitle } = await source.list(`${DETAILS}/hostile-names`, signal);
  expect(playlistTitle).toBe("hostile names");
  expect(titles(tracks).toSorted()).toEqual(["Circle A", "Circle B", "Proto", "evil <b>bold</b>", "негатив"]);
  expect(tracks.every(({ license, durationSeconds }) => license === "" && durationSeconds === 0)).toBe(true);
  expect(tracks.every(({ url }) => source.canonicalUrl(url) === url)).toBe(true);
});

test("a name of 300 letters has a link and an id that fit", async () => {
  const name = `${"long name ".repeat(30)}.mp3`;
  const items = {
    long: { files: [{ name, size: "5000" }], metadata: { identifier: "long-item", mediatype: "audio", title: "Long" } },
  };
  const { source } = await startArchive({ items: { "long-item": items.long } });
  const [track] = (await source.list(`${DETAILS}/long-item`, signal)).tracks;
  expect(track?.id).toMatch(/^long-item\/[\w-]{22}$/);
  expect(source.canonicalUrl(track?.url ?? "")).toBe(track?.url);
});

test("an item is asked for once in ten minutes", async () => {
  const clock = createManualClock();
  const { source, archive } = await startArchive({ source: { clock } });
  const asked = () => archive.requests().filter((path) => path === "/metadata/harbour-lights-ep").length;
  await source.search("lantern crew", 10, signal);
  await source.resolve(`${DETAILS}/harbour-lights-ep/02%20-%20Foghorn.mp3`, signal);
  expect(asked()).toBe(1);
  await clock.advance(11 * 60_000);
  await source.list(`${DETAILS}/harbour-lights-ep`, signal);
  expect(asked()).toBe(2);
});

test("answers that are no items are told from items that are gone", async () => {
  expect(() => readItem("x1", {})).toThrow(TrackNotFoundError);
  expect(() => readItem("x1", [])).toThrow(TrackNotFoundError);
  expect(() => readItem("x1", { error: "Item not found" })).toThrow(TrackNotFoundError);
  for (const answer of [null, "text", 5, [1], { error: "database is down" }, { metadata: "x" }, { metadata: [] }]) {
    expect(() => readItem("x1", answer), JSON.stringify(answer)).toThrow(/no answer/);
  }
  expect(readItem("x1", { metadata: {}, files: "none" })).toMatchObject({
    title: "x1",
    recordings: [],
    creator: "",
    isCollection: false,
  });
  expect(readItem("lent-record", { ...((await readFixture("northern-shelf")) as object) })).toMatchObject({ isCollection: true });
});
