import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { inMemoryClient } from "@refrain/mesh/testing";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { toConnectError } from "../src/errors.js";
import { createRepo } from "../src/repo/repo.js";
import { CALLS } from "./plans/calls.js";
import { explain, record, type Plan } from "./plans/explain.js";
import { fill, NOW } from "./plans/fill.js";
import { startPostgres } from "./postgres-server.js";
import { routesOn } from "./test-storage.js";
import { withPostgres } from "./with-postgres.js";

/** The release whose plans are kept in test/plans; another one may say the same in other words. */
const KEPT_FOR = 15;

/** Nothing that changes a plan: time to fill it, and no statistics that are made anew at some moment of the test. */
const SETTINGS = { max_wal_size: "8GB", shared_buffers: "256MB", autovacuum: "off" };

/** Once a minute, and at most the 200,000 rows that are its bound. */
const MAY_COUNT: Readonly<Record<string, string>> = { sweepExpired: "known_tracks" };

function describePlans(plans: readonly Plan[]): string {
  return plans
    .map(({ text, custom, generic }) => {
      const statement = text.replaceAll(/\s+/g, " ").trim();
      return `${statement}\n\n-- for these values\n${custom}\n\n-- for any values\n${generic}\n`;
    })
    .join("\n\n");
}

function fileName(call: string): string {
  return call.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

test("plans are kept of every call", () => {
  expect(Object.keys(CALLS)).toEqual(expect.arrayContaining(Object.keys(StorageService.method)));
});

withPostgres((bin) => {
  describe("with a million saved tracks and a million deliveries", { timeout: 300_000 }, () => {
    test("no statement reads a large table whole, and each has the plan that is kept in test/plans", async () => {
      const server = await startPostgres(bin, SETTINGS);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("plans");
      const database = await openDatabase({ kind: "server", url, poolSize: 2 });
      const { pool } = database;
      const recorder = record(pool);
      const large = await fill(url);
      const planner = new Client({ connectionString: url });
      await planner.connect();
      onTestFinished(() => planner.end());
      const repo = createRepo(pool, () => {});
      onTestFinished(() => repo.close().then(() => database.close()));
      const client = inMemoryClient(
        StorageService,
        routesOn(repo, () => NOW),
        toConnectError,
      );
      const { rows } = await pool.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
      const isKept = Math.floor(Number(rows[0]?.version) / 10_000) === KEPT_FOR;

      for (const [name, call] of Object.entries(CALLS)) {
        const statements = await recorder.during(() => call({ client, repo }));
        const plans: Plan[] = [];
        for (const statement of statements) plans.push(await explain(planner, statement));
        expect([name, plans.length]).not.toEqual([name, 0]);
        const whole = new RegExp(`Seq Scan on (${large.filter((table) => table !== MAY_COUNT[name]).join("|")})\\b`);
        for (const { text, custom, generic } of plans) {
          expect
            .soft({ call: name, text, whole: [custom, generic].filter((plan) => whole.test(plan)) })
            .toMatchObject({ whole: [] });
        }
        if (isKept) await expect.soft(describePlans(plans)).toMatchFileSnapshot(`plans/${fileName(name)}.txt`);
      }
      if (!isKept) process.stderr.write(`\n!!! the plans kept are of PostgreSQL ${KEPT_FOR}: they were not compared !!!\n\n`);
    });
  });
});
