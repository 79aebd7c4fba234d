import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConcurrentIndex } from "../src/database/concurrent-index.js";
import { migrate } from "../src/database/migrate.js";
import { openEmbedded } from "../src/database/embedded.js";
import { embeddedFolder } from "../src/database/folder.js";
import { readMigrations } from "../src/database/migration-files.js";
import { startPostgres } from "./postgres-server.js";
import { runCommand, startCommand } from "./storage-process.js";
import { withPostgres } from "./with-postgres.js";

const START_MS = 120_000;

/** Commands need no keys: an init container has none. */
const NO_KEYS = { STORAGE_API_KEYS: "" };

describe("the command", { timeout: START_MS }, () => {
  test("--help says which there are", async () => {
    const { code, stdout, stderr } = await runCommand(["--help"], NO_KEYS);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of ["serve", "migrate", "import --from DIR"]) expect(stdout).toContain(name);
  });

  test("that does not exist ends with 1 and one line", async () => {
    expect(await runCommand(["destroy"], NO_KEYS)).toEqual({
      code: 1,
      stderr: 'storage: there is no command "destroy". See storage --help\n',
      stdout: "",
    });
  });

  test("migrate brings the embedded database up to date, and gives it free again", async () => {
    const DATA_DIR = await temporaryFolder();
    const names = (await readMigrations()).map(({ name }) => name);
    // What a build makes has them all already.
    await (await openEmbedded(embeddedFolder(DATA_DIR))).close();
    const first = await runCommand(["migrate"], { ...NO_KEYS, DATA_DIR });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(first.stdout)).toMatchObject({ kind: "embedded", migrated: names, msg: "migrations applied" });
    expect(await readdir(join(DATA_DIR, "storage"))).toEqual(["db"]);
    const second = await runCommand(["migrate"], { ...NO_KEYS, DATA_DIR });
    expect(JSON.parse(second.stdout)).toMatchObject({ migrated: [], msg: "no migration was missing" });
  });

  test("migrate names a setting that is wrong, and does not repeat what may hold a password", async () => {
    const ended = await runCommand(["migrate"], { ...NO_KEYS, DATABASE_URL: "mysql://root:hunter2@db/refrain" });
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^storage: DATABASE_URL [^\n]*\n$/) });
    expect(ended.stderr).not.toContain("hunter2");
  });
});

withPostgres((bin) => {
  test(
    "migrate, run by three at once, applies each migration once, and all of them end with 0",
    async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const settings = { ...NO_KEYS, DATABASE_URL: await server.createDatabase("migrate") };
      const ended = await Promise.all([1, 2, 3].map(() => runCommand(["migrate"], settings)));
      expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2, 3].map(() => [0, ""]));
      const applied = ended.flatMap(({ stdout }) => (JSON.parse(stdout) as { migrated: string[] }).migrated);
      expect(applied).toEqual((await readMigrations()).map(({ name }) => name));
    },
    START_MS,
  );

  test(
    "migrate, killed while it builds an index, is finished by the next one, without an operator",
    async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("killed");
      const migrations = await readMigrations();
      const index = migrations.findIndex(({ sql }) => readConcurrentIndex(sql) !== undefined);
      const [watcher, writer] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
      for (const client of [watcher, writer]) {
        await client.connect();
        onTestFinished(() => client.end());
      }
      await migrate(watcher, migrations.slice(0, index));
      // The index waits for a transaction that has written, and stays half-built.
      await writer.query("BEGIN; INSERT INTO saved_tracks VALUES (gen_random_uuid(), 'u', 'k', '', '', 1, now())");
      const killed = startCommand(["migrate"], { ...NO_KEYS, DATABASE_URL: url });
      await until(async () => {
        const { rows } = await watcher.query(
          "SELECT FROM pg_stat_activity WHERE query LIKE '%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'",
        );
        return rows.length > 0;
      }, 60_000);
      killed.kill("SIGKILL");
      await killed.ended;
      const next = runCommand(["migrate"], { ...NO_KEYS, DATABASE_URL: url });
      await writer.query("COMMIT");
      expect(await next).toMatchObject({ code: 0, stderr: "" });
      const { rows: invalid } = await watcher.query("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid");
      expect(invalid).toEqual([]);
      expect(await migrate(watcher, migrations)).toEqual([]);
    },
    START_MS,
  );
});
