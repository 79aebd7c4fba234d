import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sniff } from "./sniff.js";

test.each([
  ["fLaC....", "flac"],
  ["OggS....", "ogg"],
  ["RIFF....WAVE", "wav"],
  ["RIFF....AVI ", undefined],
  ["FORM....AIFF", "aiff"],
  ["....ftypM4A ", "mp4"],
  ["\x1aE\xdf\xa3", "matroska"],
  ["ID3\x04", "mp3"],
  ["\xff\xfb\x90\x64", "mp3"],
  ["junk\xff\xfb\x90\x64", "mp3"],
  ["\xff\xf1\x50\x80", "aac"],
  ["\xff\xff\xff\xff", undefined],
  ["%PDF-1.7", undefined],
  ["", undefined],
])("%j is %s", (head, kind) => {
  expect(sniff(Buffer.from(head, "latin1"))).toBe(kind);
});

test("any bytes are something or nothing, without an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void sniff(Buffer.from(bytes))));
});
