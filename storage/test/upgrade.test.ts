import { randomUUID } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { inMemoryClient } from "@refrain/mesh/testing";
import { Client, Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { findDataLoss } from "../scripts/schema-engine/data-loss.js";
import { readTables } from "../src/database/copy/tables.js";
import { migrateDatabase, openDatabase } from "../src/database/database.js";
import { migrate } from "../src/database/migrate.js";
import { readMigrations } from "../src/database/migration-files.js";
import { createRepo } from "../src/repo/repo.js";
import { startPostgres } from "./postgres-server.js";
import { track } from "./samples.js";
import { routesOn } from "./test-storage.js";
import { withPostgres } from "./with-postgres.js";

const OLD_ROWS = 300_000;
const USERS = 10_000;
const LANES = 3;
const BYTES = toBinary(TrackSchema, track());

/** The first release's database, with the rows of users. */
async function fillFirstVersion(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const [first] = await readMigrations();
  if (first === undefined) throw new Error("there is no migration");
  await migrate(client, [first]);
  await client.query(
    `INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at)
     SELECT gen_random_uuid(), 'user ' || i % ${USERS}, md5(i::text), $1, 'believer ' || i, i, '2026-01-01'::timestamptz + i * interval '1 second'
     FROM generate_series(1, ${OLD_ROWS}) i`,
    [BYTES],
  );
  await client.query(
    "INSERT INTO users (user_id, language, updated_at) SELECT 'user ' || i, 'ru', now() FROM generate_series(0, 999) i",
  );
  await client.query("INSERT INTO removed_tracks SELECT gen_random_uuid(), 'user ' || i, now() FROM generate_series(0, 999) i");
  await client.end();
}

/** The values of all columns that there are now, so that they can be asked for again when there are more. */
async function summariser(pool: Pool): Promise<() => Promise<Record<string, unknown>>> {
  const client = await pool.connect();
  const tables = await readTables(client);
  client.release();
  const filled = tables.filter(({ name }) => ["saved_tracks", "users", "removed_tracks"].includes(name));
  return async () => {
    const sums: Record<string, unknown> = {};
    for (const { name, columns } of filled) {
      const row = columns.map((column) => `"${column}"`).join(", ");
      const old = name === "saved_tracks" ? "created_at < '2026-07-01'" : "true";
      const { rows } = await pool.query(
        `SELECT count(*)::int AS rows, sum(hashtextextended(ROW(${row})::text, 0)) AS hash FROM ${name} WHERE ${old}`,
      );
      sums[name] = rows[0];
    }
    return sums;
  };
}

/** What the first release goes on doing while a new one migrates: saving tracks and reading lists. */
function startTraffic(pool: Pool) {
  const saved: string[] = [];
  const errors: unknown[] = [];
  const stopping = new AbortController();
  let longestMs = 0;
  const save = async (): Promise<void> => {
    const id = randomUUID();
    await pool.query({
      name: "save",
      text: `INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at)
             VALUES ($1, $2, $3, $4, 'new', 1, now()) ON CONFLICT (user_id, track_key) DO NOTHING`,
      values: [id, `user ${saved.length % USERS}`, id, BYTES],
    });
    saved.push(id);
  };
  const list = () =>
    pool.query({
      name: "list",
      text: "SELECT id, track, size_bytes, created_at FROM saved_tracks WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 21",
      values: [`user ${saved.length % USERS}`],
    });
  const lane = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      await save().catch((error: unknown) => errors.push(error));
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      await list().catch((error: unknown) => errors.push(error));
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  return {
    saved,
    errors,
    longestMs: () => longestMs,
    stop: async () => {
      stopping.abort();
      await Promise.all(lanes);
    },
  };
}

test("no migration after the first builds an index in front of those who use its table", async () => {
  for (const { name, sql } of (await readMigrations()).slice(1)) {
    const made = new Set([...sql.matchAll(/CREATE TABLE "([^"]+)"/g)].map(([, table]) => table));
    const indexed = [...sql.matchAll(/CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)"[^"]+" ON "([^"]+)"/g)].map(([, table]) => table);
    expect([name, indexed.filter((table) => !made.has(table))]).toEqual([name, []]);
    expect([name, findDataLoss(sql)]).toEqual([name, []]);
  }
});

withPostgres((bin) => {
  describe("an upgrade from the first release", { timeout: 180_000 }, () => {
    test("lets the old version write and read meanwhile, and keeps every row", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("upgrade");
      await fillFirstVersion(url);
      const pool = new Pool({ connectionString: url, max: LANES });
      // The server may end connections that are closing.
      pool.on("error", () => {});
      onTestFinished(() => pool.end());
      const summarise = await summariser(pool);
      const before = await summarise();

      const traffic = startTraffic(pool);
      const migrated = await migrateDatabase({ kind: "server", url, poolSize: 1 });
      await traffic.stop();
      process.stdout.write(
        `upgrade: ${migrated.length} migrations over ${OLD_ROWS} saved tracks, beside ${traffic.saved.length} writes, the longest of ${Math.round(traffic.longestMs())} ms\n`,
      );
      expect(migrated).toEqual((await readMigrations()).slice(1).map(({ name }) => name));
      expect(traffic.errors).toEqual([]);
      expect(traffic.saved.length).toBeGreaterThan(LANES);
      expect(await summarise()).toEqual(before);
      const { rows: kept } = await pool.query("SELECT count(*)::int AS rows FROM saved_tracks WHERE id = ANY($1)", [
        traffic.saved,
      ]);
      expect(kept).toEqual([{ rows: traffic.saved.length }]);
      const { rows: invalid } = await pool.query("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid");
      expect(invalid).toEqual([]);

      const database = await openDatabase({ kind: "server", url, poolSize: 2 });
      const repo = createRepo(database.pool, () => {});
      onTestFinished(() => repo.close().then(() => database.close()));
      const client = inMemoryClient(StorageService, routesOn(repo));
      const userId = `user ${USERS - 1}`;
      const { tracks, totalCount } = await client.listTracks({ userId, pageSize: 100 });
      expect(tracks.length).toBe(totalCount);
      expect(tracks.filter(({ sizeBytes }) => sizeBytes > 1n)).toHaveLength(OLD_ROWS / USERS);
      expect(tracks[0]?.track?.title).toBe("Believer");
      expect((await client.getUser({ userId: "user 1" })).user?.language).toBe("ru");
      expect((await client.saveTrack({ userId, track: track() })).created).toBe(true);
    });
  });
});
