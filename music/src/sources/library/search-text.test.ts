import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sound, sounds, words } from "./search-text.js";

describe("words", () => {
  test.each([
    ["BELIEVER", "believer"],
    ["  Тихий   ДОЖДЬ ", "тихии дождь"],
    ["Ёлка", "елка"],
    ["Beyoncé", "beyonce"],
    ["Beyonce\u0301", "beyonce"],
    ["Don’t stop", "dont stop"],
    ["AC/DC – T.N.T.", "ac dc t n t"],
    ["Sigur Rós: Ágætis", "sigur ros agaetis"],
    ["ﬁre № ５", "fire no 5"],
    ["...", ""],
  ])("%s is written %s", (text, expected) => {
    expect(words(text).join(" ")).toBe(expected);
  });

  test("any text gives few, short, clean words, and folding twice changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const found = words(text);
        expect(found.length).toBeLessThanOrEqual(16);
        for (const word of found) expect(word.length).toBeLessThanOrEqual(40);
        for (const word of found) expect(word).toMatch(/^[\p{L}\p{N}\p{Surrogate}]+$/u);
      }),
    );
  });
});

describe("sounds", () => {
  test.each([
    ["дождь", "dozhd"],
    ["дождь", "dojd"],
    ["вьюга", "vyuga"],
    ["Тихий", "tihiy"],
    ["Чайка", "chayka"],
    ["Счастье", "schastie"],
    ["яблоко", "yabloko"],
    ["царь", "tsar"],
    ["беливер", "believer"],
    ["джаз", "jazz"],
    ["рок", "rock"],
    ["саммер", "sammer"],
    ["феникс", "fenix"],
  ])("%s and %s are heard alike", (one, other) => {
    expect(sounds(one)).toEqual(sounds(other));
  });

  test("билив is how believer begins", () => {
    expect(sound("believer").startsWith(sound("билив"))).toBe(true);
  });

  test.each(["дождь", "вождь", "summer", "winter", "ночь", "день"])("%s is not heard as another word of the list", (word) => {
    const others = ["дождь", "вождь", "summer", "winter", "ночь", "день"].filter((other) => other !== word);
    expect(others.map(sound)).not.toContain(sound(word));
  });
});
