import { expect, test } from "vitest";
import { FreshAnswers } from "./fresh-answers.js";

const START = new Date("2026-11-22T12:00:00Z");
const later = (ms: number) => new Date(START.getTime() + ms);
const HOUR = later(3_600_000);
const bytes = (text: string) => new TextEncoder().encode(text);

function hold(fresh: FreshAnswers, name: string, answer: Uint8Array, freshUntil = HOUR) {
  fresh.hold(name, answer, freshUntil, START, fresh.startReading());
}

test("gives an answer for 10 s", () => {
  const fresh = new FreshAnswers(10_000);
  hold(fresh, "abba", bytes("answer"));
  expect(fresh.find("abba", later(9_999))).toEqual(bytes("answer"));
  expect(fresh.find("abba", later(10_000))).toBeUndefined();
});

test("gives an answer no longer than it is fresh", () => {
  const fresh = new FreshAnswers(10_000);
  hold(fresh, "abba", bytes("answer"), later(3_000));
  expect(fresh.find("abba", later(2_999))).toBeDefined();
  expect(fresh.find("abba", later(3_000))).toBeUndefined();
});

test("what another answer has replaced is not given again", () => {
  const fresh = new FreshAnswers(10_000);
  hold(fresh, "abba", bytes("old"));
  fresh.drop("abba");
  expect(fresh.find("abba", START)).toBeUndefined();
});

test("what was read while an entry was replaced is not held, for it may be the older one", () => {
  const fresh = new FreshAnswers(10_000);
  const reading = fresh.startReading();
  fresh.drop("abba");
  fresh.hold("abba", bytes("old"), HOUR, START, reading);
  expect(fresh.find("abba", START)).toBeUndefined();
});

test("stays below its bound, and lets go what was not asked for longest", () => {
  const fresh = new FreshAnswers(10_000);
  const answer = new Uint8Array(3_000);
  for (const name of ["a", "b", "c"]) hold(fresh, name, answer);
  fresh.find("a", START);
  hold(fresh, "d", answer);
  expect(["a", "b", "c", "d"].filter((name) => fresh.find(name, START))).toEqual(["a", "c", "d"]);
  expect(fresh.bytes).toBeGreaterThan(9_000);
  expect(fresh.bytes).toBeLessThanOrEqual(10_000);
});

test("an answer larger than all it may hold is not held, and pushes nothing out", () => {
  const fresh = new FreshAnswers(10_000);
  hold(fresh, "small", new Uint8Array(10));
  hold(fresh, "large", new Uint8Array(10_001));
  expect([fresh.find("small", START) !== undefined, fresh.find("large", START) !== undefined]).toEqual([true, false]);
});
