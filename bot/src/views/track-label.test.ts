import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wordsIn } from "../i18n/words.js";
import { duration } from "./numbers.js";
import { trackLabel } from "./track-label.js";

test("a label tells title, artist, length and signs", () => {
  const believer = { title: "Believer", uploader: "Imagine Dragons", durationSeconds: 204 };
  expect(trackLabel(wordsIn("en"), believer, { saved: true, instant: true })).toBe("Believer — Imagine Dragons · 3:24 ✓ ⚡");
  expect(trackLabel(wordsIn("en"), { ...believer, uploader: "", durationSeconds: 0 })).toBe("Believer");
});

test("any title makes a short label of one line that is never empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), fc.nat(), (title, uploader, durationSeconds) => {
      const label = trackLabel(wordsIn("ru"), { title, uploader, durationSeconds });
      expect(label.trim()).not.toBe("");
      expect(label).not.toMatch(/[\n\r]/);
      expect(Array.from(label).length).toBeLessThan(80);
    }),
  );
});

test("lengths are told as on a player", () => {
  expect([0, 5, 65, 204, 3723].map(duration)).toEqual(["", "0:05", "1:05", "3:24", "1:02:03"]);
});
