import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSlips } from "./slips.js";

/** Levenshtein's distance, as in every textbook. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let down = 1; down <= one.length; down++) {
    const next = [down];
    for (let at = 1; at <= other.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (one[down - 1] === other[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "ж", "з"), minLength: 1, maxLength: 9 });

test("finds exactly the words that are one or two letters away, whatever was added and removed before", () => {
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 40 }), fc.nat(40), word, fc.constantFrom(1, 2), (all, kept, asked, most) => {
      const slips = createSlips();
      for (const one of all) slips.add(one);
      for (const one of all.slice(kept)) slips.remove(one);
      const near = all.slice(0, kept).filter((other) => other !== asked && distance(asked, other) <= most);
      const found = slips.find(asked, most);
      expect(found.map(([other]) => other).toSorted()).toEqual(near.toSorted());
      for (const [other, count] of found) expect(count).toBe(distance(asked, other));
    }),
    { numRuns: 500 },
  );
});
