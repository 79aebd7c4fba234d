import { execFile } from "node:child_process";
import { chmod, mkdir, open, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { silentLogger, temporaryFolder, until } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { createCovers } from "../src/covers/covers.js";
import { jpegSize } from "../src/covers/jpeg-size.js";
import { TrackNotFoundError } from "../src/errors.js";
import { drawCover } from "../src/samples/draw-cover.js";
import { type Library, openLibrary } from "../src/sources/library/library.js";
import type { LibraryOptions } from "../src/sources/library/library-options.js";
import { bigJpeg } from "./pictures.js";
import { hasFfmpeg, toneMp3, toneWav } from "./tones.js";

const signal = new AbortController().signal;
const ffmpegIsHere = await hasFfmpeg();

async function openAt(root: string, options: Partial<LibraryOptions> = {}): Promise<Library> {
  const library = await openLibrary({
    folder: join(root, "library"),
    indexFile: join(root, "index.json"),
    covers: await createCovers(join(root, "covers")),
    bytesPerSecond: 0,
    clock: systemClock,
    logger: silentLogger(),
    settleMs: 50,
    ...options,
  });
  onTestFinished(() => library.close());
  return library;
}

/** A folder with files that rest already. */
async function folderWith(files: Record<string, Uint8Array | string>): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, "library"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, "library", name), content);
  return root;
}

const titles = async (library: Library, query: string) => (await library.search(query, 20, signal)).map((track) => track.title);

/** True once a search finds so many; the library may still be waiting for files to settle. */
const finds = (library: Library, query: string, count: number) => async () => (await titles(library, query)).length === count;

test("tags, duration and cover come from the file, or its name where it has no tags", async () => {
  const picture = drawCover({ seed: 1, cover: { hue: 10, accentHue: 50, motif: "rings" } });
  const root = await folderWith({
    "x.mp3": await toneMp3(440, { title: "Тихий вечер", artist: "Somebody", album: "Evenings", picture }, 3),
    "Nobody - Nameless.mp3": await toneMp3(220),
    "04. Raw.wav": toneWav(300),
  });
  const library = await openAt(root);
  await until(finds(library, "вечер", 1));
  const [track] = await library.search("tihiy vecher", 5, signal);
  expect(track).toMatchObject({
    title: "Тихий вечер",
    uploader: "Somebody",
    album: "Evenings",
    source: "library",
    durationSeconds: 3,
  });
  expect(track?.url).toMatch(/^library:\/\/[0-9a-f]{64}$/);
  expect(track?.thumbnailUrl).toMatch(/^\/files\/[0-9a-f]{32}\.jpg$/);
  await until(finds(library, "nameless", 1));
  expect((await library.searchByArtist("nobody", 5, signal)).map(({ title }) => title)).toEqual(["Nameless"]);
  await until(finds(library, "raw", 1));
});

test("a large cover is made small", async () => {
  const root = await folderWith({ "a.mp3": await toneMp3(440, { title: "Big", picture: bigJpeg(900, 600) }) });
  const library = await openAt(root);
  await until(finds(library, "big", 1));
  const [name = ""] = library.coverNames();
  const file = await open(join(root, "covers", name));
  onTestFinished(() => file.close());
  const cover = await file.readFile();
  expect(jpegSize(cover)).toEqual({ width: 320, height: 213 });
  expect(cover.byteLength).toBeLessThan(200_000);
});

test("what is no track is skipped, and the good file beside it is not", async () => {
  const good = await toneMp3(440, { title: "Good" });
  const root = await folderWith({
    "good.mp3": good,
    "empty.mp3": "",
    "text.mp3": "I am not music",
    "wrong.flac": "#!/bin/sh\nexit 1\n",
    "picture.ogg": bigJpeg(20, 20),
    "half-tag.mp3": Buffer.concat([Buffer.from("ID3\x04\0\0\x7f\x7f\x7f\x7f"), Buffer.alloc(500, 0xff)]),
    "half.wav": toneWav(100).subarray(0, 30),
    "notes.txt": "hello",
    ".hidden.mp3": await toneMp3(100, { title: "Hidden" }),
    "sparse.mp3": "",
    "sparse-tagged.mp3": Buffer.from("ID3\x04\0\0\0\0\0\0"),
    "unreadable.mp3": await toneMp3(101, { title: "Unreadable" }),
  });
  const folder = join(root, "library");
  await truncate(join(folder, "sparse.mp3"), 200_000_000);
  await truncate(join(folder, "sparse-tagged.mp3"), 2_000_000_000);
  await chmod(join(folder, "unreadable.mp3"), 0);
  await writeFile(join(root, "outside.mp3"), await toneMp3(102, { title: "Outside" }));
  await symlink(join(root, "outside.mp3"), join(folder, "link.mp3"));
  await symlink("/", join(folder, "root"));
  await symlink(join(folder, "nowhere"), join(folder, "dangling.mp3"));
  const library = await openAt(root);
  await until(finds(library, "good", 1));
  await library.indexed;
  expect(await titles(library, "outside")).toEqual([]);
  expect(await titles(library, "hidden")).toEqual([]);
  // Root reads everything, so that there it is a track like any other.
  expect(await titles(library, "unreadable")).toHaveLength(process.getuid?.() === 0 ? 1 : 0);
  expect((await library.probe(signal)).detail).toMatch(/^[12] tracks?$/);
});

test("any bytes under any audio name are skipped or indexed, never a crash", async () => {
  const root = await folderWith({});
  const library = await openAt(root);
  const real = await toneMp3(330, { title: "Whole", artist: "One" });
  const heads = fc.constantFrom(
    "ID3\x03\0\0",
    "fLaC",
    "OggS",
    "RIFF\0\0\0\0WAVE",
    "\0\0\0\x20ftypM4A ",
    "\x1aE\xdf\xa3",
    "FORM\0\0\0\0AIFF",
    "",
  );
  const junk = fc
    .tuple(heads, fc.uint8Array({ maxLength: 2_000 }))
    .map(([head, rest]) => Buffer.concat([Buffer.from(head, "latin1"), rest]));
  const damaged = fc.tuple(fc.nat(real.length - 1), fc.uint8Array({ maxLength: 200 })).map(([at, bytes]) => {
    const copy = Buffer.from(real);
    copy.set(bytes.subarray(0, copy.length - at), at);
    return copy;
  });
  const extensions = fc.constantFrom("mp3", "m4a", "flac", "ogg", "wav", "opus", "aiff", "webm");
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(junk, damaged), extensions, async (content, extension) => {
      const name = `${++count}.${extension}`;
      await writeFile(join(root, "library", name), content);
      await library.add(name);
      await rm(join(root, "library", name));
    }),
    { numRuns: 60 },
  );
  await writeFile(join(root, "library", "last.mp3"), real);
  await library.add("last.mp3");
  expect(await titles(library, "whole")).toContain("Whole");
});

test("new, changed, moved and removed files are followed", async () => {
  const root = await folderWith({});
  const folder = join(root, "library");
  const library = await openAt(root);
  await library.indexed;
  await mkdir(join(folder, "deep", "er"), { recursive: true });
  await writeFile(join(folder, "deep", "er", "a.mp3"), await toneMp3(440, { title: "Arrival" }));
  await until(finds(library, "arrival", 1));
  const [before] = await library.search("arrival", 1, signal);
  await rename(join(folder, "deep", "er", "a.mp3"), join(folder, "b.mp3"));
  await writeFile(join(folder, "copy.mp3"), await toneMp3(440, { title: "Arrival" }));
  await until(async () => {
    const found = await library.resolve(before?.url ?? "", signal).catch(() => undefined);
    return found?.track.key === before?.key;
  });
  expect(await titles(library, "arrival")).toEqual(["Arrival"]);
  await rm(join(folder, "copy.mp3"));
  await writeFile(join(folder, "b.mp3"), await toneMp3(550, { title: "Departure" }));
  await until(finds(library, "departure", 1));
  await until(finds(library, "arrival", 0));
  await rm(join(folder, "b.mp3"));
  await until(finds(library, "departure", 0));
});

test("a file that is still being written is not indexed before it rests", async () => {
  const root = await folderWith({});
  const library = await openAt(root, { settleMs: 200 });
  await library.indexed;
  const whole = await toneMp3(440, { title: "Slowly" }, 20);
  const hashes = new Set<string>();
  const file = await open(join(root, "library", "slow.mp3"), "w");
  for (let at = 0; at < whole.length; at += 8_000) {
    await file.write(whole.subarray(at, at + 8_000));
    for (const track of await library.search("slowly", 5, signal)) hashes.add(track.id);
  }
  await file.close();
  await until(finds(library, "slowly", 1));
  for (const track of await library.search("slowly", 5, signal)) hashes.add(track.id);
  expect(hashes.size).toBe(1);
  expect((await library.search("slowly", 1, signal))[0]?.durationSeconds).toBe(20);
});

test("what was read once is not read again after a restart", async () => {
  const root = await folderWith({ "a.mp3": await toneMp3(440, { title: "Remembered" }) });
  const first = await openAt(root);
  await until(finds(first, "remembered", 1));
  await first.close();
  // Readable tags, by then, only in what was saved.
  await chmod(join(root, "library", "a.mp3"), 0);
  const second = await openAt(root);
  await second.indexed;
  expect(await titles(second, "remembered")).toEqual(["Remembered"]);
});

test("many files are read by threads, while it shows how far it is", async () => {
  const files: Record<string, Uint8Array | string> = { "text.mp3": "I am not music" };
  const tone = await toneMp3(440, { title: "Thread" });
  for (let at = 0; at < 60; at++) files[`${at}.mp3`] = Buffer.concat([tone, Buffer.alloc(at)]);
  files["named.mp3"] = await toneMp3(550, { title: "Named" });
  const root = await folderWith(files);
  const library = await openAt(root, { threadsFrom: 10 });
  const details = new Set<string>();
  let isDone = false;
  void library.indexed.then(() => (isDone = true));
  await until(async () => {
    details.add((await library.probe(signal)).detail);
    return isDone;
  });
  expect([...details].some((detail) => /^\d+ of \d+ files read$/.test(detail))).toBe(true);
  await until(finds(library, "named", 1));
  await until(async () => (await library.probe(signal)).detail === "61 tracks");
  expect(await titles(library, "thread")).toHaveLength(20);
});

test("a folder that is moved away or removed takes its tracks with it", async () => {
  const root = await folderWith({});
  const folder = join(root, "library");
  const library = await openAt(root);
  await library.indexed;
  for (const name of ["one", "two"]) {
    await mkdir(join(folder, name, "below"), { recursive: true });
    await writeFile(join(folder, name, "below", "a.mp3"), await toneMp3(name === "one" ? 440 : 550, { title: name }));
  }
  await until(finds(library, "one", 1));
  await until(finds(library, "two", 1));
  await rename(join(folder, "one"), join(root, "elsewhere"));
  await rm(join(folder, "two"), { recursive: true });
  await until(finds(library, "one", 0));
  await until(finds(library, "two", 0));
  await rename(join(root, "elsewhere"), join(folder, "back"));
  await until(finds(library, "one", 1));
});

test("a broken index is read anew from the folder", async () => {
  const root = await folderWith({ "a.mp3": await toneMp3(440, { title: "Sturdy" }) });
  await writeFile(join(root, "index.json"), '{"version":2}\n{"path":3}\nnull\n{"path":"/etc/passwd","ha');
  const library = await openAt(root);
  await until(finds(library, "sturdy", 1));
});

test("fetching reports every piece, as fast as it is allowed to, and stops when it is told", async () => {
  const content = await toneMp3(440, { title: "Paced" }, 5);
  const root = await folderWith({ "a.mp3": content });
  const library = await openAt(root, { bytesPerSecond: 160_000 });
  await until(finds(library, "paced", 1));
  const [track] = await library.search("paced", 1, signal);
  const audio = await library.resolve(track?.url ?? "", signal);
  const folder = await temporaryFolder();
  const reports: number[] = [];
  const started = performance.now();
  const fetched = await audio.fetch({ folder, maxBytes: 0, progress: (bytes) => reports.push(bytes) }, signal);
  expect(performance.now() - started).toBeGreaterThan((content.length / 160_000) * 1000 * 0.9);
  expect(reports.length).toBeGreaterThanOrEqual(5);
  expect(reports.at(-1)).toBe(content.length);
  expect(fetched.container).toBe("mp3");
  const stop = new AbortController();
  const other = await temporaryFolder();
  const stopped = audio.fetch({ folder: other, maxBytes: 0, progress: () => stop.abort(new Error("enough")) }, stop.signal);
  await expect(stopped).rejects.toThrow("enough");
});

test("a track whose file has gone is not found", async () => {
  const root = await folderWith({ "a.mp3": await toneMp3(440, { title: "Fleeting" }) });
  const library = await openAt(root);
  await until(finds(library, "fleeting", 1));
  const [track] = await library.search("fleeting", 1, signal);
  const audio = await library.resolve(track?.url ?? "", signal);
  await rm(join(root, "library", "a.mp3"));
  await expect(audio.fetch({ folder: await temporaryFolder(), maxBytes: 0, progress: () => {} }, signal)).rejects.toThrow(
    TrackNotFoundError,
  );
  await until(async () => (await readdir(join(root, "library"))).length === 0);
  await until(finds(library, "fleeting", 0));
  await expect(library.resolve(track?.url ?? "", signal)).rejects.toThrow(TrackNotFoundError);
});

test.skipIf(!ffmpegIsHere)("what a file is inside decides, whatever it is called", async () => {
  const root = await folderWith({ "tone.wav": toneWav(440, 2) });
  const folder = join(root, "library");
  const kinds = { m4a: "m4a", flac: "flac", ogg: "ogg", opus: "ogg", aiff: "aiff", mka: "matroska" };
  for (const extension of Object.keys(kinds)) {
    const to = join(folder, `${extension} kind.${extension}`);
    await promisify(execFile)("ffmpeg", ["-v", "error", "-i", join(folder, "tone.wav"), "-ar", "48000", "-strict", "-2", to]);
  }
  await rename(join(folder, "flac kind.flac"), join(folder, "flac kind.mp3"));
  const library = await openAt(root);
  await until(finds(library, "kind", 6));
  for (const track of await library.search("kind", 20, signal)) {
    expect(track.durationSeconds).toBe(2);
    const [extension = ""] = track.title.split(" ");
    const { container } = await library.resolve(track.url, signal);
    expect([extension, container]).toEqual([extension, Reflect.get(kinds, extension)]);
  }
});

test("only links to contents are handled", async () => {
  const library = await openAt(await folderWith({}));
  const url = `library://${"a".repeat(64)}`;
  expect(library.canonicalUrl(url)).toBe(url);
  for (const other of ["library://x", "library://../../etc/passwd", "https://example.org", "", `library://${"A".repeat(64)}`]) {
    expect(library.canonicalUrl(other)).toBeUndefined();
  }
});
