import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "./fold.js";

describe("fold", () => {
  test.each([
    ["Believer", "bELIEVER"],
    ["  imagine   dragons ", "Imagine\tDragons"],
    ["ＡＢＢＡ", "abba"],
    ["Café", "Cafe\u0301"],
    ["Straße", "STRASSE"],
    ["ΟΔΟΣ", "οδος"],
    ["ЁЛКА", "ёлка"],
    ["a\u0000b", "ab"],
  ])("%j and %j are the same search", (one, other) => {
    expect(fold(one)).toBe(fold(other));
  });

  test("ё and е stay apart: that is the source's business, not the cache's", () => {
    expect(fold("ёлка")).not.toBe(fold("елка"));
  });

  test("folding twice is folding once, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 500 },
    );
  });

  test("leaves nothing that PostgreSQL refuses", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }), (units) => {
        const folded = fold(String.fromCharCode(...units));
        expect(folded).not.toContain("\u0000");
        expect(folded).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});
