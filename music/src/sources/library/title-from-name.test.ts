import * as fc from "fast-check";
import { expect, test } from "vitest";
import { titleFromName } from "./title-from-name.js";

test.each([
  ["Artist - Title.mp3", "Artist", "Title"],
  ["/music/Северный Свет – Тихий дождь.flac", "Северный Свет", "Тихий дождь"],
  ["01. Artist - Title - Live.ogg", "Artist", "Title - Live"],
  ["07 - Artist - Title.m4a", "Artist", "Title"],
  ["03 Title.mp3", "", "Title"],
  ["just_a_name.mp3", "", "just a name"],
  ["Jay-Z.mp3", "", "Jay-Z"],
  ["1979.mp3", "", "1979"],
  [" - .mp3", "", "-"],
])("%s is by “%s” and called “%s”", (path, artist, title) => {
  expect(titleFromName(path)).toEqual({ artist, title });
});

test("any name gives a title", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => /[\p{L}\p{N}]/u.test(name) && !/[/.\s]/u.test(name)),
      (name) => {
        expect(titleFromName(`${name}.mp3`).title).not.toBe("");
      },
    ),
  );
});
