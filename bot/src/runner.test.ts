import { silentLogger, until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { createRunner } from "./runner.js";

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

test("runs so many at once, queues so many more, and refuses the rest", async () => {
  const runner = createRunner({ slots: 1, queue: 1, logger: silentLogger() });
  const started: string[] = [];
  const hold = (name: string) => (signal: AbortSignal) => {
    started.push(name);
    return untilAborted(signal);
  };
  expect(["one", "two", "three"].map((name) => runner.start(name, hold(name)))).toEqual([true, true, false]);
  await until(() => started.length === 1);
  await runner.close();
  expect(started).toEqual(["one"]);
  expect(runner.start("late", hold("late"))).toBe(false);
});

test("a failure ends its own work only, and frees its place", async () => {
  const runner = createRunner({ slots: 1, queue: 5, logger: silentLogger() });
  let done = false;
  runner.start("fails", () => Promise.reject(new Error("no")));
  runner.start("works", async () => void (done = true));
  await until(() => done);
  await runner.close();
});
