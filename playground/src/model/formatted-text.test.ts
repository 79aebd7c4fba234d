import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "./api-error.js";
import { formatText } from "./formatted-text.js";

/** Half of a symbol outside the BMP. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const bold = (offset: number, length: number) => ({ type: "bold", offset, length });
const anyText = fc.string({ unit: "grapheme", maxLength: 40 });
const anyEntity = fc.record({
  type: fc.constantFrom("bold", "italic", "code", "pre", "spoiler", "url"),
  offset: fc.integer({ min: -2, max: 60 }),
  length: fc.integer({ min: -2, max: 60 }),
});

test("entities in, entities out are always within the text, sorted, and never split a symbol", () => {
  fc.assert(
    fc.property(anyText, fc.array(anyEntity, { maxLength: 6 }), (raw, entities) => {
      const result = attempt(() => formatText(raw, entities));
      if (result === undefined) return;
      const { text } = result;
      expect(text).toBe(raw.trim());
      let last = 0;
      for (const { offset, length } of result.entities) {
        expect(length).toBeGreaterThan(0);
        expect(offset).toBeGreaterThanOrEqual(last);
        expect(offset + length).toBeLessThanOrEqual(text.length);
        expect(text.slice(offset, offset + length)).not.toMatch(LONE_SURROGATE);
        last = offset;
      }
    }),
  );
});

test("an entity is refused exactly when it leaves the text or splits a symbol", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: -3, max: 50 }), fc.integer({ min: -3, max: 50 }), (raw, offset, length) => {
      const end = offset + length;
      const isInside = offset >= 0 && length >= 0 && (length === 0 || end <= raw.length);
      const isWhole = length <= 0 || !isInside || ![offset, end].some((edge) => LONE_SURROGATE.test(raw.slice(0, edge)));
      expect(attempt(() => formatText(raw, [bold(offset, length)])) !== undefined).toBe(isInside && isWhole);
    }),
  );
});

test("an entity keeps the words it was put on when the text is trimmed", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[ \n]{0,4}$/), (word, space) => {
      const { text, entities } = formatText(`${space}x ${word} y${space}`, [bold(space.length + 2, word.length)]);
      expect(entities.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual([word]);
    }),
  );
});

test("finds links, commands, mentions and tags as Telegram does", () => {
  const text = "/play@some_bot see https://a.example/x?y=1, @someone and #тег (/help) not a/b or /a/b";
  const found = formatText(text, []).entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)]);
  expect(found).toEqual([
    ["bot_command", "/play@some_bot"],
    ["url", "https://a.example/x?y=1"],
    ["mention", "@someone"],
    ["hashtag", "#тег"],
    ["bot_command", "/help"],
  ]);
});

test("finds nothing inside code", () => {
  expect(formatText("/play", [{ type: "code", offset: 0, length: 5 }]).entities.map(({ type }) => type)).toEqual(["code"]);
});

/** undefined: refused as Telegram refuses. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (reason) {
    if (reason instanceof ApiError && reason.status === 400) return undefined;
    throw reason;
  }
}
