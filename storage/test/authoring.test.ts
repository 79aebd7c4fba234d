import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { openEmbedded } from "../src/database/embedded.js";
import { embeddedFolder } from "../src/database/folder.js";
import { readMigrations } from "../src/database/migration-files.js";

const STORAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(STORAGE);
const COMMANDS_MS = 300_000;
const DIFF = ["migrate", "diff", "--from-migrations", "prisma/migrations", "--to-schema", "prisma/schema.prisma", "--exit-code"];

/** Runs the official command in a folder, offline for all it knows. */
async function prisma(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(ROOT, "node_modules/prisma/build/index.js"), ...args], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  return { code: child.exitCode, output };
}

/** A copy of what authoring needs, with the dependencies of the original. */
async function copyStorage(): Promise<string> {
  const root = await temporaryFolder();
  const storage = join(root, "storage");
  for (const part of ["prisma", "scripts", "src/database", "prisma.config.ts", "package.json"]) {
    await cp(join(STORAGE, part), join(storage, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  // The built template, if there is one, saves initdb's seconds.
  if (existsSync(join(STORAGE, "dist"))) await symlink(join(STORAGE, "dist"), join(storage, "dist"));
  else await mkdir(join(storage, "dist"));
  return storage;
}

async function addColumn(storage: string): Promise<void> {
  const file = join(storage, "prisma/schema.prisma");
  const schema = await readFile(file, "utf8");
  await writeFile(file, schema.replace("  blocked ", '  mood String @default("calm")\n  blocked '));
}

/** An embedded database without a migration: what a build makes has them all. */
async function makeEmpty(dataDir: string): Promise<void> {
  await (await openEmbedded(embeddedFolder(dataDir))).close();
}

describe("authoring migrations offline", () => {
  test(
    "the schema and the migrations agree",
    async () => {
      expect(await prisma(STORAGE, DIFF, { DATA_DIR: await temporaryFolder() })).toMatchObject({ code: 0 });
    },
    COMMANDS_MS,
  );

  test(
    "`migrate dev` writes the migration for a change of the schema, and applies it to the embedded database",
    async () => {
      const storage = await copyStorage();
      const before = await readdir(join(storage, "prisma/migrations"));
      await addColumn(storage);
      const dev = await prisma(storage, ["migrate", "dev", "--name", "add_mood"]);
      expect(dev, dev.output).toMatchObject({ code: 0 });
      const [added = ""] = (await readdir(join(storage, "prisma/migrations"))).filter((name) => !before.includes(name));
      expect(added).toMatch(/^\d{14}_add_mood$/);
      const sql = await readFile(join(storage, "prisma/migrations", added, "migration.sql"), "utf8");
      expect(sql).toMatch(/ALTER TABLE "users" ADD COLUMN\s+"mood" TEXT NOT NULL DEFAULT 'calm'/);
      const status = await prisma(storage, ["migrate", "status"]);
      expect(status).toMatchObject({ code: 0, output: expect.stringContaining("up to date") });
      // What the command applied is, for this version's start, a database from the future.
      const start = openDatabase({ kind: "embedded", dataDir: join(dirname(storage), "data") });
      await expect(start).rejects.toThrow(/newer than this version.*add_mood/);
    },
    COMMANDS_MS,
  );

  test(
    "the command and a start understand each other's notes, and `migrate resolve` mends a failed migration",
    async () => {
      const dataDir = await temporaryFolder();
      const options = { kind: "embedded", dataDir } as const;
      const env = { DATA_DIR: dataDir };
      const migrations = await readMigrations();
      const last = migrations.at(-1)?.name ?? "";
      await makeEmpty(dataDir);
      const first = await openDatabase(options);
      expect(first.migrated).toEqual(migrations.map(({ name }) => name));
      const busy = await prisma(STORAGE, ["migrate", "status"], env);
      expect(busy.output).toMatch(/in use by process \d+: stop that one/);
      expect(busy.code).toBe(1);
      await first.pool.query("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1", [last]);
      await first.close();
      await expect(openDatabase(options)).rejects.toThrow(/failed earlier/);
      expect(await prisma(STORAGE, ["migrate", "resolve", "--applied", last], env)).toMatchObject({ code: 0 });
      expect(await prisma(STORAGE, ["migrate", "deploy"], env)).toMatchObject({ code: 0 });
      const again = await openDatabase(options);
      expect(again.migrated).toEqual([]);
      await again.close();
    },
    COMMANDS_MS,
  );
});
