import type { ClientBase } from "pg";
import { applyMigration, type LockPatience } from "./apply-migration.js";
import type { Migration } from "./migration-files.js";
import { lockMigrations, unlockMigrations } from "./migration-lock.js";
import { createMigrationLog, readMigrationLog, rollBackCommand, type MigrationNote } from "./migration-log.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** How long migrations wait for others. */
export interface MigrationPatience extends LockPatience {
  /** Milliseconds for another process that migrates: an index over many rows takes minutes. */
  readonly turnMs: number;
}

const PATIENCE: MigrationPatience = { turnMs: 600_000, lockTimeoutMs: 1_000, attempts: 30, pauseMs: 1_000 };

/**
 * Brings a database up to the given migrations, one process at a time, and returns the names of those it applied.
 * Looks before it touches: a database that does not fit is left as it is.
 *
 * @throws {UnusableDatabaseError} when a migration was edited, failed before or fails now, or when the database is newer than these
 *   migrations or somebody else's
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[],
  patience: MigrationPatience = PATIENCE,
): Promise<string[]> {
  await lockMigrations(client, patience.turnMs);
  try {
    const notes = await readMigrationLog(client);
    const pending = findPending(migrations, notes ?? []);
    if (notes === undefined) {
      await refuseForeignTables(client);
      await createMigrationLog(client);
    }
    for (const migration of pending) await applyMigration(client, migration, patience);
    return pending.map(({ name }) => name);
  } finally {
    await unlockMigrations(client);
  }
}

function findPending(migrations: readonly Migration[], notes: readonly MigrationNote[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished } of notes) {
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
  const applied = new Set(notes.map((note) => note.migration_name));
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

function failedBefore(name: string): UnusableDatabaseError {
  return new UnusableDatabaseError(
    `migration ${name} failed earlier: look at the database, then run \`${rollBackCommand(name)}\` (or --applied) and start again`,
  );
}
