import { expect, test } from "vitest";
import { health, isReady } from "./health.js";
import { ReadOnlyDatabaseError } from "./repo/ping.js";

const { signal } = new AbortController();

test("a database that answers makes storage healthy", async () => {
  const { dependencies, fields } = await health({ ping: async () => {} })(signal);
  expect(dependencies["database"]).toEqual({ ok: true, critical: true, latency_ms: expect.any(Number) });
  expect(fields).toEqual({ database_connected: true });
});

test("a database that fails is told without what it said: that may name addresses", async () => {
  const { dependencies, fields } = await health({ ping: () => Promise.reject(new Error("10.0.0.7 refused")) })(signal);
  expect(dependencies["database"]).toEqual({ ok: false, critical: true, detail: "the database does not answer" });
  expect(fields).toEqual({ database_connected: false });
});

test("a database that answers and takes no writes is of no use, and said to be there", async () => {
  const standby = { ping: () => Promise.reject(new ReadOnlyDatabaseError("cannot execute INSERT")) };
  const { dependencies, fields } = await health(standby)(signal);
  expect(dependencies["database"]).toEqual({ ok: false, critical: true, detail: "the database takes no writes" });
  expect(fields).toEqual({ database_connected: true });
  expect(await isReady(standby, signal)).toBe(false);
});

test("a database that hangs counts as away when the time is up", async () => {
  const time = new AbortController();
  const answer = isReady({ ping: () => new Promise(() => {}) }, time.signal);
  time.abort();
  expect(await answer).toBe(false);
  expect(await isReady({ ping: () => new Promise(() => {}) }, AbortSignal.abort())).toBe(false);
});
