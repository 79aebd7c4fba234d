import { until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSweeper, type SweeperOptions } from "./sweeper.js";

/** A sweeper over sweeps that end when they are told to. */
function setUp(options: Partial<SweeperOptions> = {}) {
  const sweeps: { end(error?: Error): void; signal: AbortSignal }[] = [];
  const errors: unknown[] = [];
  const sweeper = startSweeper({
    sweeps: [
      (_now, signal) =>
        new Promise((resolve, reject) => {
          sweeps.push({ end: (error) => (error ? reject(error) : resolve(0)), signal });
        }),
    ],
    now: () => new Date(),
    everyMs: 3_600_000,
    everyWrites: 3,
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(async () => {
    for (const sweep of sweeps) sweep.end();
    await sweeper.stop();
  });
  return { sweeper, sweeps, errors };
}

describe("the sweeper", () => {
  test("sweeps at the start, and then every so often", async () => {
    const { sweeps } = setUp({ everyMs: 5 });
    expect(sweeps).toHaveLength(1);
    sweeps[0]?.end();
    await until(() => sweeps.length === 2);
  });

  test("sweeps after so many writes, but never twice at once", async () => {
    const { sweeper, sweeps } = setUp();
    for (let i = 0; i < 10; i++) sweeper.written();
    expect(sweeps).toHaveLength(1);
    sweeps[0]?.end();
    await until(() => {
      sweeper.written();
      return sweeps.length === 2;
    });
  });

  test("goes on after a sweep that failed", async () => {
    const { sweeps, errors } = setUp({ everyMs: 5 });
    const failure = new Error("away");
    sweeps[0]?.end(failure);
    await until(() => sweeps.length === 2);
    expect(errors).toEqual([failure]);
  });

  test("runs one sweep after another, also after one that failed", async () => {
    const failure = new Error("away");
    const ran: string[] = [];
    const running: string[] = [];
    const sweep = (name: string) => async () => {
      running.push(name);
      await Promise.resolve();
      expect(running.splice(0)).toEqual([name]);
      ran.push(name);
    };
    const { errors } = setUp({ sweeps: [sweep("first"), () => Promise.reject(failure), sweep("last")] });
    await until(() => ran.length === 2);
    expect(ran).toEqual(["first", "last"]);
    expect(errors).toEqual([failure]);
  });

  test("tells a running sweep to stop, waits for it, and starts no other", async () => {
    const { sweeper, sweeps } = setUp({ everyMs: 1 });
    let stopped = false;
    const stopping = sweeper.stop().then(() => {
      stopped = true;
    });
    expect(sweeps[0]?.signal.aborted).toBe(true);
    expect(stopped).toBe(false);
    sweeps[0]?.end();
    await stopping;
    for (let i = 0; i < 10; i++) sweeper.written();
    expect(sweeps).toHaveLength(1);
  });
});
