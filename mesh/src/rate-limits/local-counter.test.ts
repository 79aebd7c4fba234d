import { expect, test } from "vitest";
import { countLocally } from "./local-counter.js";

test("counts each key by itself, beyond the limit too", async () => {
  const count = countLocally(2, 60);
  for (const expected of [1, 2, 3]) expect((await count("ann")).consumedPoints).toBe(expected);
  expect((await count("ben")).consumedPoints).toBe(1);
});

test("remembers a bounded number of keys, those heard of last", async () => {
  const count = countLocally(10, 60, 3);
  for (const key of ["a", "b", "c"]) await count(key);
  expect((await count("a")).consumedPoints).toBe(2);
  await count("d"); // "b" was not heard of for longest
  expect((await count("a")).consumedPoints).toBe(3);
  expect((await count("b")).consumedPoints).toBe(1);
});
