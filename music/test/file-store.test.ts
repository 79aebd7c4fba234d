import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { NoSpaceError } from "../src/errors.js";
import { storedName } from "../src/files/file-names.js";
import { type FileStore, openFileStore } from "../src/files/file-store.js";
import { createTrack } from "../src/track.js";

const MINUTE_MS = 60_000;

async function setUp(maxBytes = 1_000) {
  const folder = join(await temporaryFolder(), "files");
  const time = { now: Date.now() };
  const open = () => openFileStore({ folder, maxBytes, now: () => time.now });
  return { folder, time, open, store: await open() };
}

const requestFor = (id: string) => ({ url: `library://${id}`, format: AudioFormat.AUTO });

/** Stores `sizeBytes` bytes under a request of that id; returns the file's name. */
async function put(store: FileStore, id: string, sizeBytes: number): Promise<string> {
  const name = storedName(Buffer.from(id).toString("hex").padEnd(64, "0"), "mp3");
  const scratch = await store.scratch();
  const path = join(scratch.folder, "audio");
  await writeFile(path, Buffer.alloc(sizeBytes, id));
  const track = createTrack({ id, url: `library://${id}`, source: "library", title: id, uploader: "", durationSeconds: 1 });
  const file = create(AudioFileSchema, {
    fileUrl: `/files/${name}`,
    sizeBytes: BigInt(sizeBytes),
    thumbnailUrl: "/files/cover.jpg",
  });
  try {
    await store.save(path, { name, file, track }, [requestFor(id)]);
  } finally {
    await scratch.remove();
  }
  return name;
}

const isThere = async (store: FileStore, id: string) => (await store.find(requestFor(id))) !== undefined;

test("what was stored is found, also after a restart", async () => {
  const { store, open } = await setUp();
  await put(store, "a", 100);
  const again = await open();
  expect(await again.find(requestFor("a"))).toEqual(await store.find(requestFor("a")));
  expect((await again.find(requestFor("a")))?.track.title).toBe("a");
  expect(await again.find({ ...requestFor("a"), format: AudioFormat.M4A })).toBeUndefined();
  expect(again.coverNames()).toEqual(["cover.jpg"]);
});

test("the least recently used goes first", async () => {
  const { store, time, folder } = await setUp(250);
  const name = await put(store, "a", 100);
  time.now += MINUTE_MS;
  await put(store, "b", 100);
  time.now += MINUTE_MS;
  expect(await isThere(store, "a")).toBe(true);
  time.now += 11 * MINUTE_MS;
  await put(store, "c", 100);
  expect(await isThere(store, "b")).toBe(false);
  expect(await isThere(store, "a")).toBe(true);
  expect(await readdir(folder)).toContain(name);
});

test("the order of use survives a restart", async () => {
  const { store, time, open } = await setUp(250);
  await put(store, "a", 100);
  time.now += MINUTE_MS;
  await put(store, "b", 100);
  time.now += MINUTE_MS;
  await store.find(requestFor("a"));
  time.now += 11 * MINUTE_MS;
  const again = await open();
  await put(again, "c", 100);
  expect([await isThere(again, "a"), await isThere(again, "b")]).toEqual([true, false]);
});

test("a file younger than ten minutes stays, and nothing goes in vain", async () => {
  const { store, time } = await setUp(250);
  await put(store, "old", 100);
  time.now += 11 * MINUTE_MS;
  await put(store, "young", 100);
  await expect(put(store, "big", 200)).rejects.toThrow(NoSpaceError);
  expect([await isThere(store, "old"), await isThere(store, "young")]).toEqual([true, true]);
  time.now += 9 * MINUTE_MS;
  await expect(store.reserve(200)).rejects.toThrow(NoSpaceError);
});

test("a file that is being read stays", async () => {
  const { store, time } = await setUp(150);
  const name = await put(store, "a", 100);
  const held = store.hold(name);
  time.now += 60 * MINUTE_MS;
  await expect(put(store, "b", 100)).rejects.toThrow(NoSpaceError);
  held?.release();
  held?.release();
  time.now += 11 * MINUTE_MS;
  await put(store, "b", 100);
  expect(store.hold(name)).toBeUndefined();
});

test("room that is promised to one fetch is not given to another", async () => {
  const { store } = await setUp(250);
  const first = await store.reserve(200);
  await expect(store.reserve(100)).rejects.toThrow(NoSpaceError);
  first.release();
  first.release();
  await store.reserve(200);
  await expect(store.reserve(100)).rejects.toThrow(NoSpaceError);
});

test("a file that somebody removed by hand is not found", async () => {
  const { store, folder } = await setUp();
  const name = await put(store, "a", 100);
  await rm(join(folder, name));
  expect(await isThere(store, "a")).toBe(false);
  expect(await readdir(join(folder, "entries"))).toEqual([]);
});

test("a start removes what was half-written, broken or forgotten, and nothing else", async () => {
  const { store, folder, open } = await setUp();
  const kept = await put(store, "kept", 100);
  const short = await put(store, "short", 100);
  await writeFile(join(folder, short), "cut");
  await store.scratch();
  await writeFile(join(folder, storedName("f".repeat(64), "mp3")), "nobody knows me");
  await writeFile(join(folder, "entries", `${"e".repeat(64)}.json`), '{"name":"../../etc/passwd","file":{},"track":{}}');
  await writeFile(join(folder, "entries", `${"d".repeat(64)}.json`), "{");
  await mkdir(join(folder, "entries", `${"c".repeat(64)}.json`));
  const again = await open();
  expect(await isThere(again, "kept")).toBe(true);
  expect(await isThere(again, "short")).toBe(false);
  expect((await readdir(folder)).toSorted()).toEqual([".part", "entries", kept].toSorted());
  expect(await readdir(join(folder, ".part"))).toEqual([]);
  expect(await readdir(join(folder, "entries"))).toHaveLength(1);
  expect((await readFile(join(folder, kept))).length).toBe(100);
});
