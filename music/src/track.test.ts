import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTrack, trackKey } from "./track.js";

test("the key is base64url of the first 16 bytes of the address's SHA-256", () => {
  const url = "library://x";
  expect(trackKey(url)).toBe(createHash("sha256").update(url).digest("base64url").slice(0, 21) + trackKey(url).slice(21));
  expect(trackKey(url)).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test("whatever tags say, a track keeps the bounds of the contract", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 700 });
  fc.assert(
    fc.property(anyText, anyText, fc.double(), (title, uploader, durationSeconds) => {
      const track = createTrack({
        id: "1",
        url: "library://1",
        source: "library",
        title,
        uploader,
        durationSeconds: durationSeconds || 0,
      });
      expect(Array.from(track.title).length).toBeLessThanOrEqual(300);
      expect(track.title).not.toBe("");
      expect(Array.from(track.uploader).length).toBeLessThanOrEqual(300);
      expect(track.title + track.uploader).not.toMatch(/\p{Surrogate}|\p{Cc}/u);
      expect(track.durationSeconds).toBeGreaterThanOrEqual(0);
      expect(track.durationSeconds).toBeLessThanOrEqual(0xffffffff);
    }),
  );
});
