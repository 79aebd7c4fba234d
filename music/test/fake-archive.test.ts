import { parseBuffer } from "music-metadata";
import { expect, onTestFinished, test } from "vitest";
import { LuceneSyntaxError, parseLucene } from "../src/testing/fake-archive/lucene.js";
import { createMp3Bytes } from "../src/testing/fake-archive/mp3-bytes.js";
import { type FakeArchiveOptions, startFakeArchive } from "../src/testing.js";

async function start(options: FakeArchiveOptions = {}) {
  const archive = await startFakeArchive(options);
  onTestFinished(() => archive.close());
  return archive;
}

async function bytesFrom(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("a made MP3 is one that players know, of exactly the size and length that are said", async () => {
  const made = createMp3Bytes("Тишина", 123_456);
  const { common, format } = await parseBuffer(made.read(0, made.sizeBytes), { mimeType: "audio/mpeg" }, { duration: true });
  expect(common.title).toBe("Тишина");
  expect(format).toMatchObject({ codec: "MPEG 1 Layer 3", bitrate: 320_000, sampleRate: 48_000 });
  expect(format.duration).toBeCloseTo(made.seconds, 1);
  expect(made.read(0, 1_000_000)).toHaveLength(123_456);
});

test("pieces of a made MP3 put together are the whole, and two tracks differ in every frame", () => {
  const made = createMp3Bytes("one", 50_000);
  const pieces = [made.read(0, 7), made.read(7, 1_500), made.read(1_507, 30_001), made.read(31_508, 99_999)];
  expect(Buffer.concat(pieces).equals(made.read(0, 50_000))).toBe(true);
  const other = createMp3Bytes("two", 50_000);
  for (let at = 0; at + 960 <= 50_000; at += 960) expect(made.read(at, 960).equals(other.read(at, 960))).toBe(false);
});

test("a file is sent through a redirect, whole or from where it was cut, and each request is counted", async () => {
  const archive = await start({ tracks: 1, bytes: 20_000 });
  const url = `${archive.baseUrl}/download/fake-track-1/silence-1.mp3`;
  const whole = await bytesFrom(url);
  expect(whole.bytes.equals(archive.bytesOf("fake-track-1", "silence-1.mp3").read(0, 20_000))).toBe(true);
  const rest = await bytesFrom(url, { range: "bytes=15000-" });
  expect(rest).toMatchObject({ status: 206 });
  expect(rest.bytes.equals(whole.bytes.subarray(15_000))).toBe(true);
  expect((await bytesFrom(url, { range: "bytes=15000-", "if-range": '"another"' })).status).toBe(200);
  expect((await bytesFrom(url, { range: "bytes=20000-" })).status).toBe(416);
  expect(archive.fetches().get("fake-track-1/silence-1.mp3")).toMatchObject({ count: 4, maxAtOnce: 1 });
});

test("two requests for one file at the same time are seen as such, and a speed is kept", async () => {
  const archive = await start({ tracks: 1, bytes: 20_000, bytesPerSecond: 100_000 });
  const url = `${archive.baseUrl}/download/fake-track-1/silence-1.mp3`;
  const started = performance.now();
  await Promise.all([bytesFrom(url), bytesFrom(url)]);
  expect(performance.now() - started).toBeGreaterThan(140);
  expect(archive.fetches().get("fake-track-1/silence-1.mp3")?.maxAtOnce).toBe(2);
});

test("the search understands the syntax of the archive, and refuses what is none", async () => {
  const document = { title: "Dancing Queen", creator: ["ABBA"], mediatype: "audio", format: ["VBR MP3"] };
  for (const query of [
    '("dancing" AND "abba") AND mediatype:audio',
    'creator:("abba") AND format:("VBR MP3" OR "Flac")',
    'NOT title:"waterloo"',
  ]) {
    expect(parseLucene(query)(document), query).toBe(true);
  }
  for (const query of ["title:(abba", "abba)", 'say "so', "abba AND", "a:b:c", "what?", "AC/DC"]) {
    expect(() => parseLucene(query), query).toThrow(LuceneSyntaxError);
  }
});

test("what is broken is broken as often as it was said, and only there", async () => {
  const archive = await start({ tracks: 2 });
  archive.break({ what: "metadata", identifier: "fake-track-1", how: { kind: "status", status: 503 }, times: 1 });
  const status = async (identifier: string) => (await fetch(`${archive.baseUrl}/metadata/${identifier}`)).status;
  expect([await status("fake-track-2"), await status("fake-track-1"), await status("fake-track-1")]).toEqual([200, 503, 200]);
});
