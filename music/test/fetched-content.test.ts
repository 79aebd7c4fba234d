import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { findConverter } from "../src/convert/converter.js";
import { jpegSize } from "../src/covers/jpeg-size.js";
import { fetchTrack } from "../src/downloads/fetch-track.js";
import { DownloadCancelledError, SourceUnavailableError, TooLongError, TrackNotFoundError } from "../src/errors.js";
import type { Container, FetchTarget } from "../src/sources/source.js";
import { oneTrack } from "./one-track.js";
import { bigJpeg } from "./pictures.js";
import { openTestFiles, readStored } from "./stored-files.js";
import { hasFfmpeg, toneMp3, toneWav } from "./tones.js";

const report = { track() {}, fetching() {}, converting() {} };
const TOOL_PATH = "/usr/local/bin:/usr/bin:/bin";
const ffmpegIsHere = await hasFfmpeg();
const signal = new AbortController().signal;

interface Given {
  content: Uint8Array;
  container?: Container;
  picture?: Uint8Array;
  announcedSeconds?: number;
  maxSeconds?: number;
  format?: AudioFormat;
}

async function setUp() {
  const root = await temporaryFolder();
  const files = await openTestFiles(root);
  const converter = await findConverter(TOOL_PATH, signal);
  const run = (given: Given, stop = signal) => {
    const { content, container = "mp3", picture, announcedSeconds = 1, maxSeconds = 0, format = AudioFormat.AUTO } = given;
    const bring = async ({ folder }: FetchTarget) => {
      const [path, coverPath] = [join(folder, "audio"), join(folder, "picture")];
      await writeFile(path, content);
      if (picture) await writeFile(coverPath, picture);
      return { path, container, coverPath: picture && coverPath };
    };
    return fetchWith(bring, { announcedSeconds, maxSeconds, format }, stop);
  };
  const fetchWith = (
    bring: Parameters<typeof oneTrack>[0],
    { announcedSeconds = 1, maxSeconds = 0, format = AudioFormat.AUTO } = {},
    stop = signal,
  ) =>
    fetchTrack(
      { url: "test://1", format },
      {
        sources: [oneTrack(bring, { durationSeconds: announcedSeconds })],
        ...files,
        converter,
        limits: { maxSeconds, maxBytes: 0 },
      },
      report,
      stop,
    );
  const stored = (path: string) => readStored(files.store, path.replace("/files/", ""));
  return { ...files, run, fetchWith, stored, left: () => readdir(files.partsFolder) };
}

describe("what a source sends is not believed", () => {
  test.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["a web page", Buffer.from("<!doctype html><html><body>Sorry</body></html>")],
    ["a playlist", Buffer.from("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")],
    ["a list of files for ffmpeg", Buffer.from("ffconcat version 1.0\nfile /etc/passwd\n")],
    ["an archive", Buffer.from("PK\x03\x04 and more")],
    ["a tag and nothing after it", Buffer.from("ID3\x04\0\0\0\0\0\0")],
    ["zeros", Buffer.alloc(100_000)],
  ])("%s under the name of an MP3 is an error of the source, and nothing of it is kept", async (_, content) => {
    const { run, left, store } = await setUp();
    await expect(run({ content })).rejects.toThrow(SourceUnavailableError);
    expect(await left()).toEqual([]);
    expect(store.usage().files).toBe(0);
  });

  test.skipIf(!ffmpegIsHere)("a WAV under the name of an MP3 is converted like a WAV", async () => {
    const { run } = await setUp();
    const { file } = await run({ content: toneWav(440, 2), container: "mp3" });
    expect(file).toMatchObject({ mimeType: "audio/mpeg", durationSeconds: 2 });
  });

  test("an MP3 under another name passes through untouched", async () => {
    const { run, stored } = await setUp();
    const content = await toneMp3(440);
    const { file } = await run({ content, container: "ogg" });
    expect((await stored(file.fileUrl))?.equals(content)).toBe(true);
  });

  test("the duration is the file's, and what is too long after all is refused", async () => {
    const { run, left } = await setUp();
    const content = await toneMp3(440, {}, 5);
    const format = AudioFormat.MP3;
    await expect(run({ content, announcedSeconds: 3, maxSeconds: 4, format })).rejects.toThrow(TooLongError);
    expect(await left()).toEqual([]);
    expect((await run({ content, announcedSeconds: 3, maxSeconds: 5, format })).file.durationSeconds).toBe(5);
  });

  test("a tag with a picture of 10 MB is passed over", async () => {
    const { run } = await setUp();
    const picture = Buffer.alloc(10_000_000, 1);
    const { file } = await run({ content: await toneMp3(440, { title: "x", picture }, 2) });
    expect(file.durationSeconds).toBe(2);
    expect(file.thumbnailUrl).toBe("");
  });
});

describe("the picture that a source brings", () => {
  test("is made a small JPEG, and stored like a file", async () => {
    const { run, stored } = await setUp();
    const { file } = await run({ content: await toneMp3(440), picture: bigJpeg(1000, 500) });
    const cover = await stored(file.thumbnailUrl);
    expect(cover && jpegSize(cover)).toEqual({ width: 320, height: 160 });
  });

  test.skipIf(!ffmpegIsHere).each([["png"], ["webp"], ["gif"], ["bmp"]])("may be a %s", async (format) => {
    const folder = await temporaryFolder();
    const path = join(folder, `picture.${format}`);
    await promisify(execFile)("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x480", "-frames:v", "1", path]);
    const { run, stored } = await setUp();
    const { file } = await run({ content: await toneMp3(440), picture: await readFile(path) });
    const cover = await stored(file.thumbnailUrl);
    expect(cover && jpegSize(cover)).toEqual({ width: 320, height: 240 });
    expect(cover?.length).toBeLessThan(200_000);
  });

  test.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["half a JPEG", bigJpeg(1000, 500).subarray(0, 500)],
    ["a web page", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>")],
    ["a PNG that says it has 30,000 pixels a side", hugePng()],
    ["25 MB", Buffer.alloc(25_000_000)],
  ])("that is %s costs the track its cover, not its place", async (_, picture) => {
    const { run, covers } = await setUp();
    const { file } = await run({ content: await toneMp3(440), picture });
    expect(file.thumbnailUrl).toBe("");
    expect(await readdir(covers.folder)).toEqual([]);
  });
});

describe("what is left of a fetch that did not end well", () => {
  const half = async ({ folder }: FetchTarget) => writeFile(join(folder, "audio.part"), "half");

  test("stays when the source failed, and the next attempt finds it", async () => {
    const { fetchWith } = await setUp();
    const failing = async (target: FetchTarget) => {
      await half(target);
      throw new SourceUnavailableError("stopped sending");
    };
    await expect(fetchWith(failing)).rejects.toThrow("stopped sending");
    let found = "";
    await fetchWith(async ({ folder }) => {
      found = await readFile(join(folder, "audio.part"), "utf8");
      await writeFile(join(folder, "audio"), await toneMp3(440));
      return { path: join(folder, "audio"), container: "mp3" };
    });
    expect(found).toBe("half");
  });

  test("stays when music stops, and goes when nobody wants it any more, or it can never be had", async () => {
    const { fetchWith, left } = await setUp();
    const stopped = async (reason: Error) => {
      const stop = new AbortController();
      const fetching = fetchWith(
        async (target) => {
          await half(target);
          stop.abort(reason);
          throw reason;
        },
        {},
        stop.signal,
      );
      await expect(fetching).rejects.toThrow(reason.message);
    };
    await stopped(new DownloadCancelledError("cancelled"));
    expect(await left()).toEqual([]);
    const gone = async (target: FetchTarget) => {
      await half(target);
      throw new TrackNotFoundError("gone");
    };
    await expect(fetchWith(gone)).rejects.toThrow("gone");
    expect(await left()).toEqual([]);
    await stopped(new SourceUnavailableError("music is stopping"));
    expect(await left()).toHaveLength(1);
  });
});

/** A header without pixels: decoding it would take gigabytes. */
function hugePng(): Buffer {
  const png = Buffer.alloc(1_000);
  png.write("\x89PNG\r\n\x1a\n", 0, "latin1");
  png.writeUInt32BE(13, 8);
  png.write("IHDR", 12);
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  png.set([8, 6], 24);
  return png;
}
