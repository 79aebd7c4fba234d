import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { findConverter } from "../src/convert/converter.js";
import { fetchTrack } from "../src/downloads/fetch-track.js";
import { NoSpaceError } from "../src/errors.js";
import type { FetchTarget, Source } from "../src/sources/source.js";
import { canMount, mountSmallDisk } from "./full-disk.js";
import { oneTrack } from "./one-track.js";
import { bigJpeg } from "./pictures.js";
import { openTestFiles, put, requestFor } from "./stored-files.js";
import { hasFfmpeg, toneMp3, toneWav } from "./tones.js";

const signal = new AbortController().signal;
const report = { track() {}, fetching() {}, converting() {} };
const ffmpegIsHere = await hasFfmpeg();
const MB = 1_000_000;

describe.skipIf(!(await canMount()))("on a disk that is full", () => {
  async function setUp(bytes = 4 * MB) {
    const disk = await mountSmallDisk(bytes);
    const files = await openTestFiles(disk.folder);
    const converter = await findConverter("/usr/local/bin:/usr/bin:/bin", signal);
    const run = (source: Source) =>
      fetchTrack(
        { url: "test://1", format: AudioFormat.AUTO },
        { sources: [source], ...files, converter, limits: { maxSeconds: 0, maxBytes: 0 } },
        report,
        signal,
      );
    /** What lies there besides the lock and the folders. */
    const left = async () => {
      const items = await readdir(disk.folder, { recursive: true, withFileTypes: true });
      return items.filter((item) => item.isFile() && item.name !== "ballast" && item.name !== ".lock").map(({ name }) => name);
    };
    return { ...files, disk, run, left };
  }
  const mp3 = async (target: FetchTarget) => {
    const path = join(target.folder, "audio");
    await writeFile(path, await toneMp3(440));
    return { path, container: "mp3" as const };
  };

  test("a fetch that fills it is NO_SPACE and leaves nothing; with room again it goes on", async () => {
    const { disk, run, left } = await setUp();
    await disk.fill(0);
    await expect(run(oneTrack(mp3))).rejects.toThrow(NoSpaceError);
    expect(await left()).toEqual([]);
    await disk.empty();
    await disk.fill(100_000);
    const large = oneTrack(async ({ folder }) => {
      await writeFile(join(folder, "audio"), Buffer.alloc(2 * MB));
      throw new Error("not reached");
    });
    await expect(run(large)).rejects.toThrow(NoSpaceError);
    expect(await left()).toEqual([]);
    await disk.empty();
    expect((await run(oneTrack(mp3))).file.mimeType).toBe("audio/mpeg");
  });

  test.skipIf(!ffmpegIsHere)("a conversion that fills it is NO_SPACE and leaves nothing", async () => {
    const { disk, run, left } = await setUp();
    const source = oneTrack(async ({ folder }) => {
      const path = join(folder, "audio");
      await writeFile(path, toneWav(440, 30));
      await disk.fill(50_000);
      return { path, container: "wav" };
    });
    await expect(run(source)).rejects.toThrow(NoSpaceError);
    expect(await left()).toEqual([]);
  });

  test("a cover that does not fit is NO_SPACE and leaves nothing", async () => {
    const { disk, run, left } = await setUp();
    const source = oneTrack(async (target) => {
      const fetched = await mp3(target);
      const coverPath = join(target.folder, "picture");
      await writeFile(coverPath, bigJpeg(300, 300));
      await disk.fill(0);
      return { ...fetched, coverPath };
    });
    await expect(run(source)).rejects.toThrow(NoSpaceError);
    expect(await left()).toEqual([]);
  });

  test("a file that comes from another disk and does not fit is NO_SPACE, and what was stored before stays", async () => {
    const { disk, store, folder } = await setUp();
    const elsewhere = await temporaryFolder();
    const name = await put(store, "a", Buffer.alloc(MB), { folder: elsewhere });
    await disk.fill(500_000);
    await expect(put(store, "b", Buffer.alloc(MB, 1), { folder: elsewhere })).rejects.toThrow(NoSpaceError);
    expect((await readFile(join(folder, name))).length).toBe(MB);
    expect(await store.find(requestFor("a"))).toBeDefined();
    expect(await store.find(requestFor("b"))).toBeUndefined();
    expect(await readdir(join(folder, ".part"))).toEqual([]);
    expect(store.usage()).toEqual({ files: 1, bytes: MB });
    await disk.empty();
    await put(store, "b", Buffer.alloc(MB, 1), { folder: elsewhere });
  });

  test("an entry that cannot be written is NO_SPACE, and its file does not stay without it", async () => {
    const { disk, store, folder } = await setUp();
    // The file is on the disk already, and only moves: what is written is the entry alone.
    const options = { folder: join(disk.folder, "own"), beforeSave: () => disk.fill(0) };
    await expect(put(store, "a", Buffer.alloc(4_096), options)).rejects.toThrow(NoSpaceError);
    expect((await readdir(folder)).toSorted()).toEqual([".lock", ".part", "entries"]);
    expect([await readdir(join(folder, ".part")), await readdir(join(folder, "entries"))]).toEqual([[], []]);
    expect(store.usage()).toEqual({ files: 0, bytes: 0 });
  });
});
