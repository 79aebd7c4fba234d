import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { type Converter, findConverter } from "../src/convert/converter.js";
import { fetchTrack, type Limits } from "../src/downloads/fetch-track.js";
import {
  FormatUnavailableError,
  NoSpaceError,
  SourceUnavailableError,
  TooLargeError,
  UnsupportedUrlError,
} from "../src/errors.js";
import { hashFile } from "../src/hash-file.js";
import type { Container, FoundAudio, Source } from "../src/sources/source.js";
import { createTrack } from "../src/track.js";
import { openTestFiles } from "./stored-files.js";
import { hasFfmpeg, toneMp3, toneWav } from "./tones.js";

const signal = new AbortController().signal;
const TEST_URL = "test://1";
/** Leads to the same track. */
const OTHER_URL = "test://1/as-ogg";
const TOOL_PATH = "/usr/local/bin:/usr/bin:/bin";
const ffmpegIsHere = await hasFfmpeg();

interface Given {
  content: Uint8Array;
  container: Container;
  announced?: Partial<{ container: Container | undefined; sizeBytes: number; durationSeconds: number }>;
  converter?: Converter | undefined;
  limits?: Partial<Limits>;
  /** Instead of writing the content. */
  fetch?: FoundAudio["fetch"];
}

async function setUp({ content, container, announced = {}, converter, limits, fetch }: Given) {
  const root = await temporaryFolder();
  const { store, parts, covers, folder, partsFolder } = await openTestFiles(root);
  const { durationSeconds = 30, sizeBytes = content.length } = announced;
  const track = createTrack({ id: "1", url: TEST_URL, source: "test", title: "Title", uploader: "Artist", durationSeconds });
  const source: Source = {
    name: "test",
    probe: async () => ({ ok: true, detail: "" }),
    search: async () => [],
    searchByArtist: async () => [],
    canonicalUrl: (url) => ([TEST_URL, OTHER_URL].includes(url) ? url : undefined),
    list: async () => ({ tracks: [track], playlistTitle: "" }),
    resolve: async () => ({
      track,
      container: "container" in announced ? announced.container : container,
      sizeBytes,
      fetch:
        fetch ??
        (async (target) => {
          const path = join(target.folder, "audio");
          await writeFile(path, content);
          target.progress(content.length, content.length);
          return { path, container };
        }),
    }),
  };
  const seen: string[] = [];
  const report = {
    track: () => seen.push("track"),
    fetching: () => seen.push("fetching"),
    converting: () => seen.push("converting"),
  };
  const options = {
    sources: [source],
    store,
    parts,
    covers,
    converter,
    limits: { maxSeconds: 1200, maxBytes: 49_000_000, ...limits },
  };
  const run = (format = AudioFormat.AUTO, url = TEST_URL) => fetchTrack({ url, format }, options, report, signal);
  const left = () => readdir(partsFolder);
  return { run, seen, left, store, folder, covers };
}

test("an MP3 passes through untouched and is stored under its own hash", async () => {
  const content = await toneMp3(440);
  const { run, folder, seen, left, store } = await setUp({ content, container: "mp3" });
  const { file } = await run();
  expect(file).toMatchObject({ fileName: "Artist - Title.mp3", mimeType: "audio/mpeg", sizeBytes: BigInt(content.length) });
  const path = join(folder, file.fileUrl.replace("/files/", ""));
  expect((await readFile(path)).equals(content)).toBe(true);
  expect(file.sha256).toBe(await hashFile(path, signal));
  expect(seen).toEqual(["track", "fetching"]);
  expect(await left()).toEqual([]);
  expect((await store.find({ url: TEST_URL, format: AudioFormat.AUTO }))?.file.sha256).toBe(file.sha256);
});

test("what AUTO brought answers for its format too, and for no other", async () => {
  const { run, store, seen } = await setUp({ content: await toneMp3(440), container: "mp3" });
  const { file } = await run(AudioFormat.AUTO);
  expect((await run(AudioFormat.MP3)).file).toEqual(file);
  expect(seen).toEqual(["track", "fetching"]);
  expect(await store.find({ url: TEST_URL, format: AudioFormat.M4A })).toBeUndefined();
});

test("a link that only the source knows to be of a track brings the track once", async () => {
  const { run, store, seen } = await setUp({ content: await toneMp3(440), container: "mp3" });
  const { file } = await run(AudioFormat.AUTO, OTHER_URL);
  expect((await store.find({ url: TEST_URL, format: AudioFormat.AUTO }))?.file).toEqual(file);
  expect((await run(AudioFormat.AUTO, TEST_URL)).file).toEqual(file);
  expect((await run(AudioFormat.MP3, OTHER_URL)).file).toEqual(file);
  expect(seen.filter((report) => report === "fetching")).toHaveLength(1);
});

test("what was not announced may be as large as its kind needs, and callers hear of their own limit", async () => {
  const seen: number[] = [];
  const fetch: FoundAudio["fetch"] = async ({ maxBytes }) => {
    seen.push(maxBytes);
    throw new TooLargeError(maxBytes);
  };
  const converter: Converter = { convert: async () => {} };
  for (const container of ["mp3", "m4a", "flac", undefined] as const) {
    const announced = { container, sizeBytes: 0 };
    const { run } = await setUp({ content: new Uint8Array(), container: "mp3", announced, converter, fetch });
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "TooLargeError", limitBytes: 49_000_000 });
  }
  expect(seen).toEqual([49_000_000, 49_000_000, 490_000_000, 490_000_000]);
});

test("too long and too large are refused before a byte is fetched, with the limit", async () => {
  const content = await toneMp3(440);
  const long = await setUp({ content, container: "mp3", announced: { durationSeconds: 1201 } });
  await expect(long.run()).rejects.toMatchObject({ name: "TooLongError", limitSeconds: 1200 });
  const large = await setUp({ content, container: "mp3", limits: { maxBytes: content.length - 1 } });
  await expect(large.run()).rejects.toThrow(TooLargeError);
  expect([...long.seen, ...large.seen]).toEqual(["track", "track"]);
  const edge = await setUp({
    content,
    container: "mp3",
    announced: { durationSeconds: 1200 },
    limits: { maxBytes: content.length },
  });
  await edge.run();
  const unlimited = await setUp({
    content,
    container: "mp3",
    announced: { durationSeconds: 9999 },
    limits: { maxBytes: 0, maxSeconds: 0 },
  });
  await unlimited.run();
});

test("a source that announced nothing and sends too much is stopped", async () => {
  const content = await toneMp3(440);
  const { run, left } = await setUp({ content, container: "mp3", announced: { sizeBytes: 0 }, limits: { maxBytes: 100 } });
  await expect(run()).rejects.toThrow(TooLargeError);
  expect(await left()).toEqual([]);
});

test("a full disk is NO_SPACE, whoever finds out", async () => {
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  const { run, left } = await setUp({ content: Buffer.alloc(1), container: "mp3", fetch: () => Promise.reject(full) });
  await expect(run()).rejects.toThrow(NoSpaceError);
  expect(await left()).toEqual([]);
});

test("a link that no source handles is unsupported", async () => {
  const { run } = await setUp({ content: Buffer.alloc(1), container: "mp3" });
  await expect(run(AudioFormat.AUTO, "http://127.0.0.1/")).rejects.toThrow(UnsupportedUrlError);
});

test("without ffmpeg, other formats are refused before a byte is fetched", async () => {
  const wav = await setUp({ content: toneWav(440), container: "wav" });
  await expect(wav.run()).rejects.toThrow(FormatUnavailableError);
  const mp3 = await setUp({ content: await toneMp3(440), container: "mp3" });
  await expect(mp3.run(AudioFormat.M4A)).rejects.toThrow(FormatUnavailableError);
  expect([...wav.seen, ...mp3.seen]).toEqual(["track", "track"]);
  expect(await findConverter("/nowhere", signal)).toBeUndefined();
});

describe.skipIf(!ffmpegIsHere)("with ffmpeg", () => {
  const codecOf = async (path: string) => {
    const args = ["-v", "error", "-show_entries", "stream=codec_name:format=duration", "-of", "csv=p=0", path];
    return (await promisify(execFile)("ffprobe", args)).stdout.trim().split("\n");
  };

  test.each([
    ["wav", AudioFormat.AUTO, "mp3", "audio/mpeg"],
    ["wav", AudioFormat.M4A, "aac", "audio/mp4"],
    ["mp3", AudioFormat.M4A, "aac", "audio/mp4"],
  ] as const)("%s asked for as %s becomes %s", async (container, format, codec, mimeType) => {
    const content = container === "wav" ? toneWav(440, 2) : await toneMp3(440, {}, 2);
    const converter = await findConverter(TOOL_PATH, signal);
    const { run, folder, seen, left } = await setUp({ content, container, converter });
    const { file } = await run(format);
    expect(file.mimeType).toBe(mimeType);
    const [found, seconds] = await codecOf(join(folder, file.fileUrl.replace("/files/", "")));
    expect(found).toBe(codec);
    expect(Number(seconds)).toBeCloseTo(2, 0);
    expect(seen).toContain("converting");
    expect(await left()).toEqual([]);
  });

  test("damaged audio is an error of the source", async () => {
    const converter = await findConverter(TOOL_PATH, signal);
    const { run, left } = await setUp({ content: Buffer.from("fLaC and nothing else"), container: "flac", converter });
    await expect(run()).rejects.toThrow(SourceUnavailableError);
    expect(await left()).toEqual([]);
  });

  test("a playlist that pretends to be audio opens no other file", async () => {
    const converter = await findConverter(TOOL_PATH, signal);
    const playlist = "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
    const { run } = await setUp({ content: Buffer.from(playlist), container: "ogg", converter });
    await expect(run()).rejects.toThrow(SourceUnavailableError);
  });
});

test("stopping a conversion ends the whole group of processes at once", async () => {
  const folder = await temporaryFolder();
  const tool = join(folder, "ffmpeg");
  // Stands for a tool that starts another one and would run for ever.
  await writeFile(
    tool,
    `#!/bin/sh\n[ "$1" = -version ] && exit 0\nsleep 600 & echo $! > ${folder}/child\necho progress=continue\nwait\n`,
    { mode: 0o755 },
  );
  const converter = await findConverter(`${folder}:${TOOL_PATH}`, signal);
  const stop = new AbortController();
  const job = { from: "/x", to: "/y", container: "wav", target: "mp3", durationSeconds: 1 } as const;
  const running = converter?.convert({ ...job, onProgress: () => stop.abort(new Error("cancelled")) }, stop.signal);
  await expect(running).rejects.toThrow("cancelled");
  const child = Number(await readFile(join(folder, "child"), "utf8"));
  await until(async () => !(await isRunning(child)));
});

/** False for a zombie too: it is dead, and only its parent has not looked. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "state=", "-p", String(pid)]);
    return !stdout.trim().startsWith("Z");
  } catch (error) {
    // ps ends with 1 when there is no such process.
    if (error instanceof Error && "code" in error && error.code === 1) return false;
    throw error;
  }
}
