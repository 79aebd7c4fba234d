import { expect, test } from "vitest";
import { bytes, clock } from "./numbers.js";

test.each([
  [0, "0:00"],
  [59.9, "0:59"],
  [204, "3:24"],
  [3723, "1:02:03"],
  [Number.NaN, "0:00"],
  [Number.POSITIVE_INFINITY, "0:00"],
])("%d seconds are %s", (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});

test.each([
  [999, "999 B"],
  [820_000, "820 kB"],
  [4_800_000, "4.8 MB"],
])("%d bytes are %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});
