import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { inMemoryClient, temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { readTables } from "../src/database/copy/tables.js";
import { openDatabase, type Database, type DatabaseOptions } from "../src/database/database.js";
import { createRepo } from "../src/repo/repo.js";
import { contentsOf } from "./contents.js";
import { fillTables } from "./fill-tables.js";
import { startPostgres } from "./postgres-server.js";
import { track } from "./samples.js";
import { routesOn } from "./test-storage.js";
import { withPostgres } from "./with-postgres.js";

const run = promisify(execFile);
const ROWS = 500;
const USER = "listener";

async function open(options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(options);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= database.close());
  onTestFinished(close);
  return { ...database, close };
}

/** Rows in every table, and one that storage itself wrote. */
async function fill({ pool }: Database): Promise<void> {
  const client = await pool.connect();
  const tables = await readTables(client);
  client.release();
  await fillTables(
    pool,
    tables.map(({ name }) => name),
    ROWS,
  );
  await storageOn({ pool }).saveTrack({ userId: USER, track: track() });
}

function storageOn({ pool }: Pick<Database, "pool">) {
  const repo = createRepo(pool, () => {});
  onTestFinished(() => repo.close());
  return inMemoryClient(StorageService, routesOn(repo));
}

/** Storage takes it as its own, reads what was there, and writes. */
async function expectWorks(database: Database): Promise<void> {
  expect(database.migrated).toEqual([]);
  const client = storageOn(database);
  const { tracks } = await client.listTracks({ userId: USER });
  expect(tracks.map((saved) => saved.track?.title)).toEqual(["Believer"]);
  expect((await client.saveTrack({ userId: USER, track: track() })).created).toBe(true);
  expect((await client.listTracks({ userId: USER })).totalCount).toBe(2);
}

describe("a backup", { timeout: 180_000 }, () => {
  test("of the embedded database is a copy of the folder of a storage that is stopped", async () => {
    const [dataDir, copied] = [await temporaryFolder(), await temporaryFolder()];
    const original = await open({ kind: "embedded", dataDir });
    await fill(original);
    const contents = await contentsOf(original.pool);
    await original.close();
    await cp(join(dataDir, "storage"), join(copied, "storage"), { recursive: true });
    const restored = await open({ kind: "embedded", dataDir: copied });
    expect(await contentsOf(restored.pool)).toEqual(contents);
    await expectWorks(restored);
  });
});

withPostgres((bin) => {
  describe("a backup of a server", { timeout: 180_000 }, () => {
    test("by pg_dump is restored by pg_restore into a new database, row by row, index by index", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const original = await open({ kind: "server", url: await server.createDatabase("original"), poolSize: 2 });
      await fill(original);
      const contents = await contentsOf(original.pool);
      const schema = await schemaOf(original);

      const dump = join(await temporaryFolder(), "refrain.dump");
      const restoredUrl = await server.createDatabase("restored");
      await run(join(bin, "pg_dump"), [
        "--format=custom",
        "--no-owner",
        `--file=${dump}`,
        restoredUrl.replace(/restored$/, "original"),
      ]);
      // Written after the dump: it must not be in what is restored.
      await original.pool.query("DELETE FROM saved_tracks");
      await run(join(bin, "pg_restore"), [
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        `--dbname=${restoredUrl}`,
        dump,
      ]);

      const restored = await open({ kind: "server", url: restoredUrl, poolSize: 2 });
      expect(await contentsOf(restored.pool)).toEqual(contents);
      expect(await schemaOf(restored)).toEqual(schema);
      await expectWorks(restored);
    });
  });
});

/** Everything beside rows that makes a database work. */
async function schemaOf({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ definition: string }>(
    `SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT migration_name || ' ' || checksum FROM _prisma_migrations
     ORDER BY 1`,
  );
  return rows.map(({ definition }) => definition);
}
