import { expect, test } from "vitest";
import { createFloodGate } from "./flood-gate.js";

test("a chat takes three at once, then one a second", () => {
  let now = 0;
  const gate = createFloodGate(() => now);
  const admit = (count: number) => Array.from({ length: count }, () => gate.admit(1));
  expect(admit(4)).toEqual([0, 0, 0, 1]);
  now += 1000;
  expect(admit(2)).toEqual([0, 1]);
});

test("all chats together take thirty a second", () => {
  let now = 0;
  const gate = createFloodGate(() => now);
  const admit = () => Array.from({ length: 40 }, (_, chat) => gate.admit(chat)).filter((wait) => wait === 0).length;
  expect(admit()).toBe(30);
  now += 1000;
  expect(admit()).toBe(30);
});
