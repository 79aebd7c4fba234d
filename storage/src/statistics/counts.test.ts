import { until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DayCount } from "../repo/day-counts.js";
import { startCounts } from "./counts.js";

/** Counts that arrive in a list, while the database is there. */
function setUp(everyMs = 3_600_000) {
  const arrived: DayCount[][] = [];
  const errors: unknown[] = [];
  const database = { isAway: false, attempts: 0 };
  const counts = startCounts({
    dayCounts: {
      add: async (added) => {
        database.attempts += 1;
        if (database.isAway) throw new Error("away");
        arrived.push([...added]);
      },
    },
    now: () => new Date("2026-05-04T23:59:59.999Z"),
    everyMs,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => counts.stop());
  return { counts, arrived, errors, database };
}

describe("counts", () => {
  test("arrive by themselves, added up, each once", async () => {
    const { counts, arrived } = setUp(5);
    counts.add("searches");
    counts.add("searches", 2);
    await until(() => arrived.length === 1);
    expect(arrived).toEqual([[{ day: "2026-05-04", name: "searches", value: 3 }]]);
    counts.add("searches");
    await until(() => arrived.length === 2);
    expect(arrived[1]).toEqual([{ day: "2026-05-04", name: "searches", value: 1 }]);
  });

  test("do not ask the database when there is nothing to tell", async () => {
    const { counts, database } = setUp();
    await counts.flush();
    await counts.stop();
    expect(database.attempts).toBe(0);
  });

  test("arrive at the end", async () => {
    const { counts, arrived } = setUp();
    counts.add("new_users");
    await counts.stop();
    expect(arrived.flat()).toMatchObject([{ name: "new_users", value: 1 }]);
  });

  test("tell of an outage once, and again of the next one", async () => {
    const { counts, arrived, errors, database } = setUp(1);
    database.isAway = true;
    counts.add("searches");
    await until(() => database.attempts >= 5);
    expect(errors).toHaveLength(1);
    database.isAway = false;
    await until(() => arrived.length === 1);
    database.isAway = true;
    counts.add("searches");
    await until(() => errors.length === 2);
    database.isAway = false;
  });

  test("have at most 50 reasons a day of callers' own, and the rest under OTHER, however often they are flushed", async () => {
    const { counts, arrived } = setUp();
    for (let i = 0; i < 40; i++) counts.add(`deliveries_failed/REASON_${i}`);
    await counts.flush();
    for (let i = 0; i < 60; i++) counts.add(`deliveries_failed/REASON_${i}`);
    await counts.flush();
    const [, second = []] = arrived;
    expect(second).toHaveLength(51);
    expect(second).toContainEqual({ day: "2026-05-04", name: "deliveries_failed/OTHER", value: 10 });
    expect(second).toContainEqual({ day: "2026-05-04", name: "deliveries_failed/REASON_49", value: 1 });
  });
});
