import { expect, test } from "vitest";
import { track } from "../../test/fake-services.js";
import { wordsIn } from "../i18n/words.js";
import { cardScreen, type CardState } from "./card.js";

const FETCHING: CardState = {
  phase: "fetching",
  queuePosition: 0,
  doneBytes: 3_100_000,
  totalBytes: 5_000_000,
  bytesPerSecond: 820_000,
  secondsLeft: 2,
};
const lines = (language: "ru" | "en", state: CardState) =>
  cardScreen(wordsIn(language), track(1), state).text.replaceAll("\u00a0", " ").split("\n");

test("the card tells bar, share, size, speed and time in the listener's way of writing numbers", () => {
  expect(lines("ru", FETCHING)).toEqual(["⬇ Song 1 — Band", "▰▰▰▰▰▰▱▱▱▱  62 %", "3,1 из 5,0 МБ · 820 КБ/с · ≈ 2 с"]);
  expect(lines("en", FETCHING)).toEqual(["⬇ Song 1 — Band", "▰▰▰▰▰▰▱▱▱▱  62%", "3.1 of 5.0 MB · 820 kB/s · ≈ 2 s"]);
});

test("what is not known is not shown", () => {
  expect(lines("en", { ...FETCHING, totalBytes: 0, bytesPerSecond: 0 })).toEqual(["⬇ Song 1 — Band", "Downloading", "3.1 MB"]);
  expect(lines("en", { ...FETCHING, bytesPerSecond: 0, secondsLeft: 0 })[2]).toBe("3.1 of 5.0 MB");
});

test("phases are told in words", () => {
  expect(lines("ru", { ...FETCHING, phase: "queued", queuePosition: 3 })[1]).toBe("В очереди (3-й)");
  expect(lines("ru", { ...FETCHING, phase: "converting" })[1]).toBe("Готовлю аудио…");
  expect(lines("ru", { ...FETCHING, phase: "sending" })[1]).toBe("Отправляю…");
});
