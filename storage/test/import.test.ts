import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { copyDatabase } from "../src/database/copy/copy-database.js";
import { readTables } from "../src/database/copy/tables.js";
import { openDatabase, type Database } from "../src/database/database.js";
import { contentsOf, type Contents } from "./contents.js";
import { fillTables } from "./fill-tables.js";
import { startPostgres, type PostgresServer } from "./postgres-server.js";
import { unique } from "./samples.js";
import { runCommand } from "./storage-process.js";
import { withPostgres } from "./with-postgres.js";

/** More than two batches. */
const ROWS = 600;
const SILENT = { begin: () => {}, copied: () => {}, end: () => {} };

withPostgres((bin) => {
  describe("an import", { timeout: 180_000 }, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres(bin);
    }, 120_000);
    afterAll(async () => {
      await server?.stop();
    });
    const createDatabase = async () => (await server?.createDatabase(unique("import"))) ?? "";
    const open = async (url: string): Promise<Database> => {
      const database = await openDatabase({ kind: "server", url, poolSize: 2 });
      onTestFinished(() => database.close());
      return database;
    };
    /** A DATA_DIR with rows in every table, and what they are. */
    const fillFolder = async () => {
      const dataDir = await temporaryFolder();
      const database = await openDatabase({ kind: "embedded", dataDir });
      const client = await database.pool.connect();
      const tables = await readTables(client);
      client.release();
      await fillTables(
        database.pool,
        tables.map(({ name }) => name),
        ROWS,
      );
      const contents = await contentsOf(database.pool);
      await database.close();
      return { dataDir, contents };
    };
    const countsOf = (contents: Record<string, Contents>) =>
      Object.fromEntries(Object.entries(contents).map(([table, { rows }]) => [table, rows]));

    test("copies every row of every table, says how many, and leaves the folder as it was", async () => {
      const { dataDir, contents } = await fillFolder();
      const url = await createDatabase();
      const ended = await runCommand(["import", "--from", dataDir], { DATABASE_URL: url });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(ended.stdout)).toMatchObject({ msg: "imported", rows: countsOf(contents) });
      expect(Object.keys(contents)).toContain("saved_tracks");
      for (const { rows } of Object.values(contents)) expect(rows).toBe(ROWS);
      expect(await contentsOf((await open(url)).pool)).toEqual(contents);
      const again = await openDatabase({ kind: "embedded", dataDir });
      expect(await contentsOf(again.pool)).toEqual(contents);
      await again.close();
    });

    test("into a database that has a row is refused, with nothing touched", async () => {
      const { dataDir } = await fillFolder();
      const url = await createDatabase();
      const { pool } = await open(url);
      await pool.query("INSERT INTO users (user_id, updated_at) VALUES ('somebody', now())");
      const before = await contentsOf(pool);
      const ended = await runCommand(["import", "--from", dataDir], { DATABASE_URL: url });
      expect(ended).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^storage: [^\n]*not empty: user\w+ has rows[^\n]*\n$/),
      });
      expect(await contentsOf(pool)).toEqual(before);
    });

    test("that is killed in the middle leaves nothing, and can be run again", async () => {
      const { dataDir, contents } = await fillFolder();
      const url = await createDatabase();
      const { pool } = await open(url);
      const source = await openDatabase({ kind: "embedded", dataDir });
      const target = new Client({ connectionString: url });
      target.on("error", () => {});
      await target.connect();
      const { rows } = await target.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      const from = await source.pool.connect();
      let tables = 0;
      // The connection is lost while the third table is on its way; a pool that is connected does not wait to say so.
      await pool.query("SELECT 1");
      const kill = () => void (++tables === 3 && pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]));
      const copied = copyDatabase(from, target, { ...SILENT, begin: kill });
      await expect(copied).rejects.toThrow(/terminat/i);
      await target.end();
      from.release();
      await source.close();
      for (const { rows: left } of Object.values(await contentsOf(pool))) expect(left).toBe(0);
      expect(await runCommand(["import", "--from", dataDir], { DATABASE_URL: url })).toMatchObject({ code: 0 });
      expect(await contentsOf(pool)).toEqual(contents);
    });

    test("lets nobody write between its look and its rows", async () => {
      const { dataDir } = await fillFolder();
      const url = await createDatabase();
      const { pool } = await open(url);
      const source = await openDatabase({ kind: "embedded", dataDir });
      const target = new Client({ connectionString: url });
      await target.connect();
      const from = await source.pool.connect();
      let refused: Promise<unknown> | undefined;
      const write = () => {
        const text = "SET lock_timeout = 1; INSERT INTO users (user_id, updated_at) VALUES ('late', now())";
        refused ??= pool.query(text).catch((error: unknown) => error);
      };
      await copyDatabase(from, target, { ...SILENT, begin: write });
      expect(await refused).toMatchObject({ code: "55P03" });
      await target.end();
      from.release();
      await source.close();
    });

    test("needs a folder, a server and a password that is right, and never shows it", async () => {
      const url = await createDatabase();
      const nothing = join(await temporaryFolder(), "nothing");
      const absent = await runCommand(["import", "--from", nothing], { DATABASE_URL: url });
      expect(absent).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^storage: there is no embedded database in .*nothing/),
      });
      await mkdir(nothing);
      expect(await readdir(nothing)).toEqual([]);
      const { dataDir } = await fillFolder();
      const unset = await runCommand(["import", "--from", dataDir], {});
      expect(unset).toMatchObject({ code: 1, stderr: expect.stringMatching(/^storage: DATABASE_URL is not set/) });
      const wrong = new URL(url);
      wrong.password = "hunter2";
      const refused = await runCommand(["import", "--from", dataDir], { DATABASE_URL: wrong.href });
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^storage: [^\n]*refused user refrain[^\n]*\n$/) });
      expect(refused.stderr + refused.stdout).not.toContain("hunter2");
    });
  });
});
