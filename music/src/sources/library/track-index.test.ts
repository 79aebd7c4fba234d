import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTrackIndex, type IndexedTexts } from "./track-index.js";

const text = fc
  .array(fc.constantFrom("love", "loves", "lover", "glove", "night", "nights", "любовь", "ночь"), { maxLength: 4 })
  .map((words) => words.join(" "));
const texts: fc.Arbitrary<IndexedTexts> = fc.record({ title: text, artist: text, album: text });

test("what was removed leaves nothing behind: the rest is found as if it had come alone", () => {
  fc.assert(
    fc.property(
      fc.array(texts, { maxLength: 12 }),
      fc.array(texts, { maxLength: 12 }),
      text,
      fc.boolean(),
      (gone, kept, query, artist) => {
        const changed = createTrackIndex();
        const fresh = createTrackIndex();
        gone.forEach((one, at) => changed.add(kept.length + at, one));
        kept.forEach((one, at) => changed.add(at, one));
        gone.forEach((one, at) => changed.remove(kept.length + at, one));
        kept.forEach((one, at) => fresh.add(at, one));
        const found = (index: ReturnType<typeof createTrackIndex>) => new Set(index.search(query, 50, artist));
        expect(found(changed)).toEqual(found(fresh));
      },
    ),
    { numRuns: 300 },
  );
});

test("one question does not colour the next", () => {
  const index = createTrackIndex();
  index.add(0, { title: "Night Drive", artist: "Ann", album: "" });
  index.add(1, { title: "Drive", artist: "Night Owls", album: "" });
  const first = index.search("night drive", 10, false);
  for (const query of ["owls", "xylophone night", "nihgt", "d"]) index.search(query, 10, false);
  expect(index.search("night drive", 10, false)).toEqual(first);
});

test("thousands of tracks are found by a word of theirs", () => {
  const index = createTrackIndex();
  for (let number = 0; number < 5_000; number++) index.add(number, { title: `song x${number}y`, artist: "", album: "" });
  expect(index.search("x4321y", 10, false)).toEqual([4321]);
  expect(index.search("song", 50, false)).toHaveLength(50);
});
