import { createHash } from "node:crypto";
import type { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { migrate } from "../../src/database/migrate.js";
import { readMigrations, type Migration } from "../../src/database/migration-files.js";
import { UnusableDatabaseError } from "../../src/database/unusable-database-error.js";
import type { TestStorage } from "../test-storage.js";

const ONE = migration("1_one", "CREATE TABLE one (id int); INSERT INTO one VALUES (1);");
const TWO = migration("2_two", "CREATE TABLE two (id int);");
const BROKEN = migration("3_broken", "CREATE TABLE three (id int); SELECT 1/0;");

const INDEX = migration("4_index", '-- Beside the traffic.\nCREATE INDEX CONCURRENTLY "one_id_idx" ON "one"("id");');

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
}

async function indexes(client: Client) {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    "SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'one'::regclass",
  );
  return rows;
}

/** Migrations at start. */
export function migrationsSuite(storage: () => TestStorage): void {
  const empty = async () => {
    const database = await storage().emptyDatabase();
    onTestFinished(() => database.close());
    const { client } = database;
    const state = async () => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
      );
      const tables = rows.map(({ name }) => name);
      const log = tables.includes("_prisma_migrations")
        ? await client.query("SELECT * FROM _prisma_migrations ORDER BY 1")
        : undefined;
      return { tables, log: log?.rows };
    };
    return { client, state };
  };
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UnusableDatabaseError);
    const { message } = error as UnusableDatabaseError;
    expect(message).not.toContain("\n");
    return message;
  };

  describe("migrations", { timeout: 120_000 }, () => {
    test("are applied once each, in order, and noted as Prisma notes them", async () => {
      const { client, state } = await empty();
      expect(await migrate(client, [ONE])).toEqual(["1_one"]);
      expect(await migrate(client, [ONE, TWO])).toEqual(["2_two"]);
      expect(await migrate(client, [ONE, TWO])).toEqual([]);
      const { tables, log } = await state();
      expect(tables).toEqual(["_prisma_migrations", "one", "two"]);
      const done = { finished_at: expect.any(Date), rolled_back_at: null, logs: null, applied_steps_count: 1 };
      expect(log?.toSorted((a, b) => (a.migration_name < b.migration_name ? -1 : 1))).toMatchObject([
        { migration_name: ONE.name, checksum: ONE.checksum, ...done },
        { migration_name: TWO.name, checksum: TWO.checksum, ...done },
      ]);
    });

    test("that failed change nothing, are noted, and stop every later start until they are resolved", async () => {
      const { client, state } = await empty();
      expect(await refusal(migrate(client, [ONE, BROKEN]))).toMatch(/3_broken failed.*division by zero.*migrate resolve/);
      const after = await state();
      expect(after.tables).toEqual(["_prisma_migrations", "one"]);
      expect(after.log).toContainEqual(
        expect.objectContaining({ migration_name: BROKEN.name, finished_at: null, rolled_back_at: null }),
      );
      expect(await refusal(migrate(client, [ONE, BROKEN]))).toMatch(/3_broken failed earlier.*migrate resolve/);
      expect(await state()).toEqual(after);
      // What `prisma migrate resolve --rolled-back` writes.
      await client.query("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL");
      expect(await migrate(client, [ONE, migration(BROKEN.name, "SELECT 1")])).toEqual([BROKEN.name]);
    });

    test("that build an index beside the traffic do so outside of a transaction, once", async () => {
      const { client, state } = await empty();
      expect(await migrate(client, [ONE, INDEX])).toEqual([ONE.name, INDEX.name]);
      expect(await indexes(client)).toEqual([{ name: "one_id_idx", valid: true }]);
      expect((await state()).log).toContainEqual(expect.objectContaining({ migration_name: INDEX.name, logs: null }));
      expect(await migrate(client, [ONE, INDEX])).toEqual([]);
      const drop = migration("5_drop", 'DROP INDEX CONCURRENTLY "one_id_idx";');
      expect(await migrate(client, [ONE, INDEX, drop])).toEqual([drop.name]);
      expect(await indexes(client)).toEqual([]);
    });

    test("that were killed while they built an index build it anew", async () => {
      const { client } = await empty();
      await migrate(client, [ONE]);
      await client.query("INSERT INTO one VALUES (1)");
      // What a kill leaves: an index that was begun. Here equal rows end it, which is sooner than any kill.
      await expect(client.query("CREATE UNIQUE INDEX CONCURRENTLY one_id_idx ON one (id)")).rejects.toThrow(/unique/);
      expect(await indexes(client)).toEqual([{ name: "one_id_idx", valid: false }]);
      expect(await migrate(client, [ONE, INDEX])).toEqual([INDEX.name]);
      expect(await indexes(client)).toEqual([{ name: "one_id_idx", valid: true }]);
    });

    test("that were killed between their index and its note are taken as done", async () => {
      const { client } = await empty();
      await migrate(client, [ONE]);
      await client.query(INDEX.sql);
      const [before] = await indexes(client);
      expect(await migrate(client, [ONE, INDEX])).toEqual([INDEX.name]);
      expect(await indexes(client)).toEqual([before]);
    });

    test("that cannot build their index leave none, and are noted as failed", async () => {
      const { client } = await empty();
      const unique = migration("4_unique", "CREATE UNIQUE INDEX CONCURRENTLY one_id_idx ON one (id)");
      await migrate(client, [ONE]);
      await client.query("INSERT INTO one VALUES (1)");
      expect(await refusal(migrate(client, [ONE, unique]))).toMatch(/4_unique failed and changed nothing.*unique/);
      expect(await indexes(client)).toEqual([]);
      expect(await refusal(migrate(client, [ONE, unique]))).toMatch(/4_unique failed earlier/);
    });

    test("that were edited after they were applied are refused, with nothing touched", async () => {
      const { client, state } = await empty();
      await migrate(client, [ONE]);
      const before = await state();
      expect(await refusal(migrate(client, [migration(ONE.name, "SELECT 2"), TWO]))).toMatch(/1_one was edited.*put.*back/);
      expect(await state()).toEqual(before);
    });

    test("of a newer version are refused, with nothing touched", async () => {
      const { client, state } = await empty();
      await migrate(client, [ONE, TWO]);
      const before = await state();
      expect(await refusal(migrate(client, [ONE]))).toMatch(/newer than this version.*2_two/);
      expect(await state()).toEqual(before);
    });

    test("are refused in a database that has somebody else's tables, with nothing touched", async () => {
      const { client, state } = await empty();
      await client.query("CREATE TABLE theirs (id int)");
      expect(await refusal(migrate(client, [ONE]))).toMatch(/theirs.*empty database/);
      expect((await state()).tables).toEqual(["theirs"]);
    });

    test("leave no lock behind, even when they fail", async () => {
      const { client } = await empty();
      await refusal(migrate(client, [BROKEN]));
      const { rows } = await client.query("SELECT * FROM pg_locks WHERE locktype = 'advisory'");
      expect(rows).toEqual([]);
    });

    test("of this version all apply to an empty database", async () => {
      const { client } = await empty();
      const migrations = await readMigrations();
      expect(await migrate(client, migrations)).toEqual(migrations.map(({ name }) => name));
    });
  });
}
