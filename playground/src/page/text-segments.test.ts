import * as fc from "fast-check";
import { expect, test } from "vitest";
import { textSegments } from "./text-segments.js";

const anyEntity = fc.record({ type: fc.constantFrom("bold", "code"), offset: fc.nat(40), length: fc.nat(40) });

test("the segments joined are the text, whatever the entities", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(anyEntity), (text, entities) => {
      expect(
        textSegments(text, entities)
          .map((segment) => segment.text)
          .join(""),
      ).toBe(text);
    }),
  );
});

test("entities may nest and overlap", () => {
  const bold = { type: "bold", offset: 0, length: 4 };
  const italic = { type: "italic", offset: 2, length: 4 };
  expect(textSegments("abcdef", [bold, italic])).toEqual([
    { text: "ab", entities: [bold] },
    { text: "cd", entities: [bold, italic] },
    { text: "ef", entities: [italic] },
  ]);
});
