import { expect, test } from "vitest";
import { wordsIn } from "../i18n/words.js";
import { amount, size, speed, timeLeft } from "./numbers.js";

const ru = wordsIn("ru");
const en = wordsIn("en");
const plain = (text: string) => text.replaceAll(/\s/g, " ");

test("sizes below a megabyte are told in kilobytes, both numbers in the unit of the whole", () => {
  expect([size(ru, 489_281), size(en, 489_281)]).toEqual(["489 КБ", "489 kB"]);
  expect(amount(ru, 120_000, 489_281)).toBe("120 из 489 КБ");
  expect(amount(ru, 120_000, 5_000_000)).toBe("0,1 из 5,0 МБ");
  expect(amount(en, 3_100_000, 5_000_000)).toBe("3.1 of 5.0 MB");
});

test("speeds and times follow the language; what is unknown is left out", () => {
  expect([speed(ru, 820_000), speed(en, 1_234_567), speed(en, 1)].map(plain)).toEqual(["820 КБ/с", "1.2 MB/s", "1 kB/s"]);
  expect([timeLeft(ru, 12), timeLeft(en, 150)].map(plain)).toEqual(["≈ 12 с", "≈ 3 min"]);
  expect([speed(ru, 0), timeLeft(ru, 0)]).toEqual(["", ""]);
});
