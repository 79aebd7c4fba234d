import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { jpegSize } from "../covers/jpeg-size.js";
import { waitingAccess } from "../sources/library/file-access.js";
import { readAudioFile } from "../sources/library/read-audio-file.js";
import { compose, pieceSeconds } from "./compose.js";
import { drawCover } from "./draw-cover.js";
import { fillWithSamples } from "./fill-with-samples.js";
import { SAMPLE_RATE } from "./instruments.js";
import { makeSample } from "./make-sample.js";
import { PIECES, type Piece } from "./pieces.js";
import { render } from "./render.js";
import { sampleFileName } from "./sample-file-name.js";

const signal = new AbortController().signal;

const read = async (path: string) => readAudioFile(path, (await stat(path)).size, waitingAccess, signal);

/** The first piece, with a few bars only: what is true of it is true of all. */
function short(): Piece {
  const [piece] = PIECES;
  if (!piece) throw new Error("there is no piece");
  return { ...piece, bars: 5 };
}

describe("the pieces", () => {
  test("are at least eight, by several performers, in two languages, and Believer comes first", () => {
    expect(PIECES.length).toBeGreaterThanOrEqual(8);
    expect(new Set(PIECES.map(({ artist }) => artist)).size).toBeGreaterThanOrEqual(4);
    expect(PIECES.filter(({ title }) => /[а-яё]/i.test(title)).length).toBeGreaterThanOrEqual(3);
    expect(PIECES.filter(({ title }) => /^[\x20-\x7e]+$/.test(title)).length).toBeGreaterThanOrEqual(3);
    expect(PIECES[0]?.title).toBe("Believer");
    expect(new Set(PIECES.map(sampleFileName)).size).toBe(PIECES.length);
  });

  test.each(PIECES)("$title takes 20 to 40 seconds, and every note can be heard", (piece) => {
    expect(pieceSeconds(piece)).toBeGreaterThan(20);
    expect(pieceSeconds(piece)).toBeLessThan(40);
    const notes = compose(piece);
    expect(notes.length).toBeGreaterThan(100);
    for (const { at, midi, velocity } of notes) {
      expect(at).toBeLessThan(pieceSeconds(piece));
      expect(midi === 0 || (midi >= 28 && midi <= 96)).toBe(true);
      expect(velocity).toBeGreaterThan(0);
    }
  });

  test.each(PIECES)("$title has a cover of 320 pixels and less than 200 kB", (piece) => {
    const cover = drawCover(piece);
    expect(jpegSize(cover)).toEqual({ width: 320, height: 320 });
    expect(cover.byteLength).toBeLessThan(200_000);
  });
});

test("the sound is neither silent nor clipped, has two different sides, and ends softly", () => {
  const { left, right } = render(short());
  const loudest = left.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const power = Math.sqrt(left.reduce((sum, value) => sum + value * value, 0) / left.length);
  expect(loudest).toBeGreaterThan(0.5);
  expect(loudest).toBeLessThan(0.9);
  expect(power).toBeGreaterThan(0.08);
  expect(left.some((value, at) => Math.abs(value - (right[at] ?? 0)) > 0.05)).toBe(true);
  expect(Math.abs(left.at(-1) ?? 1)).toBeLessThan(0.001);
  // No second without music.
  for (let second = 0; second < left.length / SAMPLE_RATE - 2; second++) {
    const part = left.subarray(second * SAMPLE_RATE, (second + 1) * SAMPLE_RATE);
    expect(part.some((value) => Math.abs(value) > 0.05)).toBe(true);
  }
});

test("the same piece gives the same file, with tags and cover", async () => {
  const piece = short();
  const folder = await temporaryFolder();
  const content = await makeSample(piece);
  expect(Buffer.from(await makeSample(piece)).equals(content)).toBe(true);
  await writeFile(join(folder, "x.mp3"), content);
  const { facts, picture } = await read(join(folder, "x.mp3"));
  expect(facts).toMatchObject({ title: "Believer", artist: "Paper Lanterns", album: "Small Hours", container: "mp3" });
  expect(facts.durationSeconds).toBeCloseTo(pieceSeconds(piece), 0);
  expect(picture && jpegSize(picture)).toEqual({ width: 320, height: 320 });
});

describe("filling", () => {
  test("a folder with somebody's files is left alone", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "mine.txt"), "mine");
    await fillWithSamples({ folder, onSample: async () => {}, logger: silentLogger() }, signal);
    expect(await readdir(folder)).toEqual(["mine.txt"]);
  });

  test("what an earlier start left unfinished is finished, and announced as it appears", async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    const [missing = "", ...done] = PIECES.map(sampleFileName).toReversed();
    await writeFile(join(folder, ".samples-unfinished"), "");
    for (const name of done) await writeFile(join(folder, name), "made before");
    const announced: string[] = [];
    const onSample = async (name: string) => void announced.push(name);
    await fillWithSamples({ folder, onSample, logger: silentLogger() }, signal);
    expect(announced).toEqual([missing]);
    expect(new Set(await readdir(folder))).toEqual(new Set([missing, ...done]));
    expect((await read(join(folder, missing))).facts.durationSeconds).toBeGreaterThan(20);
  });

  test("a stop ends it at once, and leaves no half file under a track's name", async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const filling = fillWithSamples({ folder, onSample: async () => {}, logger: silentLogger() }, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(filling).rejects.toThrow("stopping");
    expect((await readdir(folder)).filter((name) => name.endsWith(".mp3"))).toEqual([]);
  });
});
