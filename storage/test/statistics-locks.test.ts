import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { countPlay, createCharts } from "../src/repo/charts.js";
import { createDayCounts } from "../src/repo/day-counts.js";
import { createSql } from "../src/repo/sql.js";
import { plainSql } from "./plain-sql.js";
import { startPostgres } from "./postgres-server.js";
import { withPostgres } from "./with-postgres.js";

const DAY = 24 * 3_600_000;
const START_MS = 120_000;
const { signal } = new AbortController();

withPostgres((bin) => {
  const open = async () => {
    const server = await startPostgres(bin);
    onTestFinished(() => server.stop());
    const database = await openDatabase({ kind: "server", url: await server.createDatabase("locks"), poolSize: 8 });
    onTestFinished(() => database.close());
    return database.pool;
  };

  describe("replicas at once", { timeout: START_MS }, () => {
    test("a sweep waits for nobody who writes to a day that is over, and takes it the next time", async () => {
      const pool = await open();
      const db = createSql(pool);
      const now = new Date();
      const old = new Date(now.getTime() - 3 * DAY);
      const play = (trackKey: string) => ({ trackKey, track: new Uint8Array() });
      for (const key of ["busy", "idle"]) await countPlay(db, play(key), old);
      await db.transaction(async (tx) => {
        await countPlay(tx, play("busy"), old);
        expect(await createCharts(db).sweep(10, now, signal)).toBe(1);
      });
      expect(await createCharts(db).top("day", 10)).toMatchObject([{ plays: 2n }]);
      expect(await createCharts(db).sweep(10, now, signal)).toBe(1);
      expect(await createCharts(db).top("day", 10)).toEqual([]);
    });

    test("flushes of the same names in other orders never block each other", async () => {
      const pool = await open();
      // Nothing is repeated here: a deadlock would be seen.
      const dayCounts = createDayCounts(plainSql(pool));
      const names = Array.from({ length: 60 }, (_, i) => ({ day: "2026-05-04", name: `name ${i}`, value: 1 }));
      const replica = async (number: number) => {
        const flush = { name: `replica ${number}`, day: "2026-05-04" };
        const counts = number % 2 ? names : names.toReversed();
        for (let sequence = 1; sequence <= 40; sequence++) await dayCounts.add(counts, { ...flush, sequence });
      };
      await Promise.all(Array.from({ length: 8 }, (_, number) => replica(number)));
      const found = await createDayCounts(createSql(pool)).between("2026-05-04", "2026-05-04");
      expect(found.map(({ value }) => value)).toEqual(names.map(() => 320n));
    });
  });
});
