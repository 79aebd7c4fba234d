import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LANGUAGES } from "../i18n/words.js";
import { button, MENU_ITEMS, pattern } from "./buttons.js";

const key = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
const page = fc.integer({ min: 1, max: 9999 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,55}$/);

const made = fc.oneof(
  key.map((one) => ({ data: button.track(one), by: pattern.track, parts: [one] })),
  key.map((one) => ({ data: button.retry(one), by: pattern.retry, parts: [one] })),
  key.map((one) => ({ data: button.cancel(one), by: pattern.cancel, parts: [one] })),
  page.map((one) => ({ data: button.results("query", one), by: pattern.results, parts: ["q", `${one}`] })),
  page.map((one) => ({ data: button.results("artist", one), by: pattern.results, parts: ["a", `${one}`] })),
  fc
    .tuple(page, fc.boolean())
    .map(([one, edit]) => ({ data: button.collection(one, edit), by: pattern.collection, parts: [edit ? "e" : "m", `${one}`] })),
  fc.tuple(id, page).map(([name, one]) => ({ data: button.remove(name, one), by: pattern.remove, parts: [`${one}`, name] })),
  fc.constantFrom(...MENU_ITEMS).map((one) => ({ data: button.menu(one), by: pattern.menu, parts: [one] })),
  fc.constantFrom(...LANGUAGES).map((one) => ({ data: button.language(one), by: pattern.language, parts: [one] })),
);

test("every button fits into Telegram's 64 bytes and is read back as it was made", () => {
  fc.assert(
    fc.property(made, ({ data, by, parts }) => {
      expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
      expect(by.exec(data)?.slice(1)).toEqual(parts);
    }),
  );
});

test("no callback data is read by two patterns", () => {
  fc.assert(
    fc.property(made, ({ data }) => {
      expect(Object.values(pattern).filter((one) => one.test(data))).toHaveLength(1);
    }),
  );
});
