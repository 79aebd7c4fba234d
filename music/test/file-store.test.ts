import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { NoSpaceError } from "../src/errors.js";
import type { FileHome } from "../src/files/file-home.js";
import { type FileStore, openFileStore } from "../src/files/file-store.js";
import { requestKey } from "../src/files/file-names.js";
import { openLocalHome } from "../src/files/local-home.js";
import { openS3Home } from "../src/files/s3-home.js";
import { hasSwift, startSwift, type SwiftProcess } from "./s3/start-swift.js";
import { coverName, put, readStored, requestFor } from "./stored-files.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** After it a file is not young any more, wherever it lies. */
const OLD_MS = 21 * MINUTE_MS;

const swiftIsHere = await hasSwift();

/** One server for all tests of this file. */
let swift: Promise<SwiftProcess> | undefined;
afterAll(async () => (await swift)?.stop());

/** Where the same things have to hold. */
const HOMES: [name: string, open: (place: string, now: () => number) => Promise<FileHome>][] = [
  ["a folder", (place, now) => openLocalHome({ folder: place, now })],
];
if (swiftIsHere)
  HOMES.push(["a bucket", async (place) => openS3Home((await (swift ??= startSwift())).bucket(place.split("/").at(-1) ?? ""))]);

describe.each(HOMES)("in %s", { timeout: 120_000 }, (_, openHome) => {
  async function setUp({ maxBytes = 1_000, maxAgeMs = 0 } = {}) {
    const folder = await temporaryFolder();
    const place = join(folder, randomUUID());
    const time = { ahead: 0 };
    const now = () => Date.now() + time.ahead;
    const open = async () => {
      const home = await openHome(place, now);
      const store = openFileStore({ home, maxBytes, maxAgeMs, now, logger: silentLogger() });
      await store.ready;
      onTestFinished(() => store.close());
      return { store, home };
    };
    const { store, home } = await open();
    const bytes = (id: string, sizeBytes = 100) => Buffer.alloc(sizeBytes, id);
    const add = (id: string, sizeBytes?: number, into = store) => put(into, id, bytes(id, sizeBytes), { folder });
    const again = async () => {
      await store.close();
      return (await open()).store;
    };
    return { store, home, time, folder, again, add, bytes };
  }
  const keyOf = (id: string) => requestKey(requestFor(id).url, AudioFormat.AUTO);
  const isThere = async (store: FileStore, id: string) => (await store.find(requestFor(id))) !== undefined;

  test("what was stored is found and read, whole and in part, also after a restart", async () => {
    const { store, add, again, bytes } = await setUp();
    const name = await add("a");
    const found = await store.find(requestFor("a"));
    expect(found?.track.title).toBe("a");
    const later = await again();
    expect(await later.find(requestFor("a"))).toEqual(found);
    expect(await later.find({ ...requestFor("a"), format: AudioFormat.M4A })).toBeUndefined();
    expect(await readStored(later, name)).toEqual(bytes("a"));
    expect(await readStored(later, name, { start: 10, end: 19 })).toEqual(bytes("a", 10));
    expect(later.usage()).toEqual({ files: 1, bytes: 100 });
  });

  test("the least recently used goes first, and the order of use survives a restart", async () => {
    const { time, add, store, again } = await setUp({ maxBytes: 250 });
    await add("a");
    await add("b");
    // A bucket counts whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    time.ahead += OLD_MS;
    expect(await isThere(store, "a")).toBe(true);
    const later = await again();
    time.ahead += OLD_MS;
    await add("c", 100, later);
    expect([await isThere(later, "a"), await isThere(later, "b"), await isThere(later, "c")]).toEqual([true, false, true]);
  });

  test("a young file stays, and nothing goes in vain", async () => {
    const { store, time, add } = await setUp({ maxBytes: 250 });
    await add("old");
    time.ahead += OLD_MS;
    await add("young");
    await expect(add("big", 200)).rejects.toThrow(NoSpaceError);
    expect([await isThere(store, "old"), await isThere(store, "young")]).toEqual([true, true]);
    time.ahead += 9 * MINUTE_MS;
    await expect(store.reserve(200)).rejects.toThrow(NoSpaceError);
  });

  test("a file that is being read stays", async () => {
    const { store, time, add } = await setUp({ maxBytes: 150 });
    const name = await add("a");
    const held = await store.open(name, new AbortController().signal);
    time.ahead += HOUR_MS;
    await expect(add("b")).rejects.toThrow(NoSpaceError);
    held?.release();
    held?.release();
    time.ahead += OLD_MS;
    await add("b");
    expect(await readStored(store, name)).toBeUndefined();
  });

  test("room that is promised to one fetch is not given to another, but is there for the file it was promised to", async () => {
    const { store, folder, bytes } = await setUp({ maxBytes: 250 });
    const reservation = await store.reserve(200);
    await expect(store.reserve(100)).rejects.toThrow(NoSpaceError);
    await put(store, "a", bytes("a", 200), { folder, reservation });
    await expect(store.reserve(100)).rejects.toThrow(NoSpaceError);
    reservation.release();
    const second = await store.reserve(50);
    second.release();
    second.release();
    await store.reserve(50);
    await expect(store.reserve(1)).rejects.toThrow(NoSpaceError);
  });

  test("one content under two requests is one file, and a failed save of the second leaves the first", async () => {
    const { store, folder, bytes } = await setUp();
    const name = await put(store, "a", bytes("x"), { folder });
    expect(await put(store, "b", bytes("x"), { folder })).toBe(name);
    expect(store.usage()).toEqual({ files: 1, bytes: 100 });
    await expect(put(store, "c", bytes("x"), { folder: "/dev/null" })).rejects.toThrow();
    expect([await isThere(store, "a"), await isThere(store, "b")]).toEqual([true, true]);
  });

  test("a file that somebody removed by hand is not found", async () => {
    const { home, add, again } = await setUp();
    const name = await add("a");
    await home.remove("files", [name], Number.POSITIVE_INFINITY);
    const later = await again();
    expect(await isThere(later, "a")).toBe(false);
    expect(await readStored(later, name)).toBeUndefined();
  });

  test("a cover lies with its audio, and goes when its audio has gone", async () => {
    const { store, folder, bytes, time } = await setUp({ maxBytes: 250 });
    const cover = Buffer.from("a picture");
    await put(store, "a", bytes("a"), { folder, cover });
    expect(await readStored(store, coverName(cover))).toEqual(cover);
    await store.sweep();
    expect(await readStored(store, coverName(cover))).toEqual(cover);
    time.ahead += 3 * HOUR_MS;
    await put(store, "b", bytes("b", 200), { folder });
    await store.sweep();
    expect(await readStored(store, coverName(cover))).toBeUndefined();
    expect(store.usage()).toEqual({ files: 1, bytes: 200 });
  });

  test("entries whose file has gone do not pile up", async () => {
    const { store, time, add, home } = await setUp({ maxBytes: 250 });
    await add("a");
    time.ahead += 3 * HOUR_MS;
    await add("b", 200);
    await store.sweep();
    const left: string[] = [];
    for await (const { name } of home.list("entries", new AbortController().signal)) left.push(name);
    expect(left).not.toContain(keyOf("a"));
    // A bucket has a clock that no test moves: there the entry of a file of tomorrow is as old as the other.
    if (!home.shared) expect(left).toEqual([keyOf("b")]);
  });

  test("files that nobody has used for as long as the operator says go, others stay", async () => {
    const { store, time, add } = await setUp({ maxAgeMs: 24 * HOUR_MS });
    await add("a");
    time.ahead += 23 * HOUR_MS;
    await store.sweep();
    expect(store.usage().files).toBe(1);
    time.ahead += 2 * HOUR_MS;
    await store.sweep();
    expect(store.usage().files).toBe(0);
    expect(await isThere(store, "a")).toBe(false);
  });

  test("many come and go at once, and the bound holds", async () => {
    const { store, time, add } = await setUp({ maxBytes: 500 });
    for (let round = 0; round < 3; round++) {
      const ids = Array.from({ length: 8 }, (_, at) => String.fromCodePoint(97 + round * 8 + at));
      const ended = await Promise.allSettled(ids.map((id) => add(id)));
      const saved = ids.filter((_, at) => ended[at]?.status === "fulfilled");
      expect(saved).toHaveLength(5);
      expect(store.usage().bytes).toBe(500);
      for (const id of saved) expect(await isThere(store, id)).toBe(true);
      for (const each of ended) if (each.status === "rejected") expect(each.reason).toBeInstanceOf(NoSpaceError);
      time.ahead += OLD_MS;
    }
  });
});
