import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "./api-error.js";
import { parseReplyMarkup } from "./reply-markup.js";

const withData = (data: string) => ({ inline_keyboard: [[{ text: "b", callback_data: data }]] });

test("callback data of 1 to 64 bytes passes, counted in UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 70 }), (data) => {
      const isFit = Buffer.byteLength(data) <= 64;
      if (isFit) expect(parseReplyMarkup(withData(data))).toMatchObject({ keyboard: withData(data) });
      else expect(() => parseReplyMarkup(withData(data))).toThrow("BUTTON_DATA_INVALID");
    }),
  );
});

test("whatever JSON comes, it is accepted or refused as Telegram refuses", () => {
  const anyMarkup = fc.oneof(
    fc.jsonValue(),
    fc.record({ inline_keyboard: fc.jsonValue() }),
    fc.record({
      inline_keyboard: fc.array(fc.array(fc.dictionary(fc.constantFrom("text", "url", "callback_data"), fc.jsonValue()))),
    }),
    fc.record({ keyboard: fc.array(fc.array(fc.jsonValue())) }),
  );
  fc.assert(
    fc.property(anyMarkup, (json) => {
      try {
        parseReplyMarkup(json);
      } catch (reason) {
        if (!(reason instanceof ApiError)) throw reason;
        expect(reason.status).toBe(400);
      }
    }),
  );
});

test("more than a hundred buttons are too many", () => {
  const row = Array.from({ length: 101 }, () => ({ text: "b", callback_data: "d" }));
  expect(() => parseReplyMarkup({ inline_keyboard: [row] })).toThrow("REPLY_MARKUP_TOO_LONG");
});

test.each([
  [{ inline_keyboard: [{ text: "b" }] }, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'],
  [{ inline_keyboard: [[{ callback_data: "d" }]] }, `can't parse inline keyboard button: Can't find field "text"`],
  [{ inline_keyboard: [[{ text: 1 }]] }, `can't parse inline keyboard button: Field "text" must be of type String`],
  [[], "object expected as reply markup"],
])("refuses %j", (json, text) => {
  expect(() => parseReplyMarkup(json)).toThrow(`Bad Request: ${text}`);
});
