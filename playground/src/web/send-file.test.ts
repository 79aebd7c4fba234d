import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseRange } from "./send-file.js";

test.each([
  ["bytes=0-", { start: 0, end: 99 }],
  ["bytes=10-19", { start: 10, end: 19 }],
  ["bytes=90-500", { start: 90, end: 99 }],
  ["bytes=-10", { start: 90, end: 99 }],
  ["bytes=100-", "outside"],
  ["bytes=-0", "outside"],
  ["bytes=5-4", undefined],
  ["bytes=0-1,3-4", undefined],
  ["items=0-1", undefined],
  [undefined, undefined],
])("of 100 bytes %s is %j", (header, range) => {
  expect(parseRange(header, 100)).toEqual(range);
});

test("a range that is taken lies within the file", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(10_000), (from, to, size) => {
      const range = parseRange(`bytes=${from}-${to}`, size);
      if (typeof range !== "object") return;
      expect(range.start).toBeLessThanOrEqual(range.end);
      expect(range.end).toBeLessThan(size);
    }),
  );
});
