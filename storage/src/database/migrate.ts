import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import type { Migration } from "./migration-files.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

// What follows is the format of `prisma migrate deploy`, so that either may follow the other: Prisma's lock id, its table,
// its checksums, and its three states (finished_at, rolled_back_at, neither = failed).
const PRISMA_LOCK = 72707369;
const LOCK_WAIT_MS = 60_000;
const CREATE_TABLE = `CREATE TABLE "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Row {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Brings a database up to the given migrations, one process at a time, and returns the names of those it applied.
 * Looks before it touches: a database that does not fit is left as it is.
 *
 * @throws {UnusableDatabaseError} when a migration was edited, failed before or fails now, or when the database is newer than these
 *   migrations or somebody else's
 */
export async function migrate(client: ClientBase, migrations: readonly Migration[]): Promise<string[]> {
  await lock(client);
  try {
    const rows = await readRows(client);
    const pending = findPending(migrations, rows ?? []);
    if (rows === undefined) {
      await refuseForeignTables(client);
      await client.query(CREATE_TABLE);
    }
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${PRISMA_LOCK})`).catch(() => {
      // The connection is gone, and the lock with it.
    });
  }
}

async function lock(client: ClientBase): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
    await client.query(`SELECT pg_advisory_lock(${PRISMA_LOCK})`);
    await client.query("RESET lock_timeout");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "55P03")) throw error;
    throw new UnusableDatabaseError(
      `another process has been migrating this database for ${LOCK_WAIT_MS / 1000} s: wait for it or stop it, then start again`,
      { cause: error },
    );
  }
}

/** The rows that count, oldest first; undefined when no migration ever ran here. */
async function readRows(client: ClientBase): Promise<Row[] | undefined> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "SELECT to_regclass(format('%I._prisma_migrations', current_schema())) IS NOT NULL AS there",
  );
  if (found[0]?.there !== true) return undefined;
  const { rows } = await client.query<Row>(
    `SELECT "migration_name", "checksum", "finished_at" IS NOT NULL AS finished
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "started_at"`,
  );
  return rows;
}

function findPending(migrations: readonly Migration[], rows: readonly Row[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished } of rows) {
    const migration = known.get(name);
    if (!finished) throw failedBefore(name);
    if (migration === undefined) {
      throw new UnusableDatabaseError(
        `the database is newer than this version: it has migration ${name}, which is unknown here. Start the version that made it, or restore a copy from before`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new UnusableDatabaseError(
        `migration ${name} was edited after the database got it: put its migration.sql back as it was, and make the change in a new migration`,
      );
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !applied.has(name));
}

async function refuseForeignTables(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') LIMIT 1",
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new UnusableDatabaseError(
    `the database has tables that are not Refrain's (such as ${JSON.stringify(first.name)}): point DATABASE_URL to an empty database`,
  );
}

/** Script and row in one transaction: a process killed in between leaves neither. */
async function apply(client: ClientBase, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    // Without parameters a file of many statements is one message.
    await client.query(migration.sql);
    await record(client, migration, null);
    await client.query("COMMIT");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await client.query("ROLLBACK");
    await record(client, migration, why);
    throw new UnusableDatabaseError(
      `migration ${migration.name} failed and changed nothing (${why.replace(/\s+/g, " ")}): mend it, run \`${rollBack(migration.name)}\`, start again`,
      { cause: error },
    );
  }
}

/** Notes how a migration ended: finished, or failed with `logs`. */
async function record(client: ClientBase, { name, checksum }: Migration, logs: string | null): Promise<void> {
  await client.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "logs", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, $4::text, CASE WHEN $4::text IS NULL THEN clock_timestamp() END, CASE WHEN $4::text IS NULL THEN 1 ELSE 0 END)`,
    [randomUUID(), checksum, name, logs],
  );
}

function failedBefore(name: string): UnusableDatabaseError {
  return new UnusableDatabaseError(
    `migration ${name} failed earlier: look at the database, then run \`${rollBack(name)}\` (or --applied) and start again`,
  );
}

function rollBack(name: string): string {
  return `npm run db -- migrate resolve --rolled-back ${name}`;
}
