import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { readMigrations } from "../src/database/migration-files.js";
import { startPostgres } from "./postgres-server.js";
import { runCommand } from "./storage-process.js";
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
});
