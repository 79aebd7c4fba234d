import { reasonOf } from "@refrain/mesh";
import { expect, test } from "vitest";
import { createLimits } from "./limits.js";

const NONE = { searchesPerMinute: 0, downloadsPerMinute: 0, runningPerUser: 0, callsPerSecond: 0 };

test("0 switches each limit off", () => {
  const { rateLimits, admission } = createLimits(NONE, undefined);
  const limiters = [rateLimits.caller, ...Object.values(rateLimits.endUser ?? {}), admission.starts];
  expect(limiters.filter((limiter) => limiter !== undefined)).toEqual([]);
});

test("both kinds of searches use up one quota", async () => {
  const { endUser } = createLimits({ ...NONE, searchesPerMinute: 2 }, undefined).rateLimits;
  await endUser?.["search"]?.consume("bot:ann");
  await endUser?.["searchByArtist"]?.consume("bot:ann");
  await expect(endUser?.["search"]?.consume("bot:ann")).rejects.toSatisfy((error) => reasonOf(error) === "RATE_LIMITED");
});

test("a caller's calls are counted by the second", async () => {
  const { caller } = createLimits({ ...NONE, callsPerSecond: 1 }, undefined).rateLimits;
  await caller?.consume("bot");
  await caller?.consume("ops");
  const again = Promise.all([caller?.consume("bot"), caller?.consume("bot")]); // a window may end between two calls, not twice
  await expect(again).rejects.toSatisfy((error) => reasonOf(error) === "RATE_LIMITED");
});
