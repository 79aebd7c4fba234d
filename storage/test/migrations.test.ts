import { createHash } from "node:crypto";
import { until } from "@refrain/mesh/testing";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { migrate, type MigrationPatience } from "../src/database/migrate.js";
import type { Migration } from "../src/database/migration-files.js";
import { startPostgres, type PostgresServer } from "./postgres-server.js";
import { unique } from "./samples.js";
import { withPostgres } from "./with-postgres.js";

const IMPATIENT: MigrationPatience = { turnMs: 300, lockTimeoutMs: 50, attempts: 2, pauseMs: 10 };
const PATIENT: MigrationPatience = { turnMs: 60_000, lockTimeoutMs: 50, attempts: 1_000, pauseMs: 10 };

const TABLE = migration("1_table", "CREATE TABLE one (id int); INSERT INTO one VALUES (1);");
const COLUMN = migration("2_column", "ALTER TABLE one ADD COLUMN name text;");
const INDEX = migration("3_index", 'CREATE INDEX CONCURRENTLY "one_id_idx" ON "one"("id");');

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
}

withPostgres((bin) => {
  describe("migrations of a database in use", { timeout: 120_000 }, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres(bin);
    }, 120_000);
    afterAll(async () => {
      await server?.stop();
    });

    /** Connections to a database with one table. */
    async function setUp() {
      const url = (await server?.createDatabase(unique("use"))) ?? "";
      const connect = async () => {
        const client = new Client({ connectionString: url });
        // Some of them are killed.
        client.on("error", () => {});
        await client.connect();
        onTestFinished(() => client.end());
        return client;
      };
      const [migrator, user] = [await connect(), await connect()];
      await migrate(migrator, [TABLE]);
      const pidOf = async (client: Client) =>
        (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid ?? 0;
      /** What a connection waits for, such as `Lock`; null while it works. */
      const waitsFor = async (pid: number) => {
        const { rows } = await user.query<{ type: string | null }>(
          "SELECT wait_event_type AS type FROM pg_stat_activity WHERE pid = $1 AND state = 'active'",
          [pid],
        );
        return rows[0]?.type ?? null;
      };
      return { connect, migrator, user, pidOf, waitsFor };
    }

    test("give up on a table that a long transaction has, note nothing, and can be tried again", async () => {
      const { migrator, user } = await setUp();
      await user.query("BEGIN; SELECT * FROM one");
      await expect(migrate(migrator, [TABLE, COLUMN], IMPATIENT)).rejects.toThrow(
        /2_column found its tables in use 2 times and changed nothing.*pg_stat_activity/,
      );
      await user.query("COMMIT");
      expect(await migrate(migrator, [TABLE, COLUMN], IMPATIENT)).toEqual([COLUMN.name]);
    });

    test("let others pass while they wait for a long transaction", async () => {
      const { connect, migrator, user } = await setUp();
      await user.query("BEGIN; SELECT * FROM one");
      const migrated = migrate(migrator, [TABLE, COLUMN], PATIENT);
      const reader = await connect();
      // Each of these would wait for the transaction's end behind a migration that waits for it.
      for (let i = 0; i < 20; i++) await reader.query("INSERT INTO one VALUES (2)");
      await user.query("COMMIT");
      expect(await migrated).toEqual([COLUMN.name]);
    });

    test("that were killed in the middle of an index are mended by the next start", async () => {
      const { connect, migrator, user, pidOf, waitsFor } = await setUp();
      const victim = await connect();
      const pid = await pidOf(victim);
      const writer = await connect();
      await writer.query("BEGIN; INSERT INTO one VALUES (3)");
      // It waits for the writer, with the index begun.
      const killed = migrate(victim, [TABLE, INDEX]).catch((error: unknown) => error);
      await until(async () => (await waitsFor(pid)) === "Lock");
      await user.query("SELECT pg_terminate_backend($1)", [pid]);
      expect(await killed).toBeInstanceOf(Error);
      await writer.query("COMMIT");
      const valid = async () =>
        (
          await user.query<{ valid: boolean }>(
            "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('one_id_idx')",
          )
        ).rows;
      expect(await valid()).toEqual([{ valid: false }]);
      expect(await migrate(migrator, [TABLE, INDEX])).toEqual([INDEX.name]);
      expect(await valid()).toEqual([{ valid: true }]);
    });

    test("of two processes at once do not wait for each other, though one builds an index", async () => {
      const { connect, migrator, pidOf, waitsFor } = await setUp();
      const writer = await connect();
      await writer.query("BEGIN; INSERT INTO one VALUES (3)");
      const pid = await pidOf(migrator);
      const first = migrate(migrator, [TABLE, INDEX], PATIENT);
      await until(async () => (await waitsFor(pid)) === "Lock");
      const second = migrate(await connect(), [TABLE, INDEX], PATIENT);
      await writer.query("COMMIT");
      expect(await Promise.all([first, second])).toEqual([[INDEX.name], []]);
    });

    test("say so when another process does not come to an end", async () => {
      const { connect, migrator } = await setUp();
      const other = await connect();
      await other.query("SELECT pg_advisory_lock(72707369)");
      await expect(migrate(migrator, [TABLE], IMPATIENT)).rejects.toThrow(/another process has been migrating.*0\.3 s/);
    });
  });
});
