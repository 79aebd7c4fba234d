import { setTimeout as wait } from "node:timers/promises";
import type { ClientBase } from "pg";
import { changeConcurrently, readConcurrentIndex, removeInvalid, type ConcurrentIndex } from "./concurrent-index.js";
import type { Migration } from "./migration-files.js";
import { noteMigration, rollBackCommand } from "./migration-log.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** How a migration waits for tables that others use. */
export interface LockPatience {
  /**
   * Milliseconds that one attempt waits. Whoever comes later to the same table waits behind it, so it is shorter than the time
   * that callers give storage.
   */
  readonly lockTimeoutMs: number;
  /** Attempts, with a pause between them in which the others go on. */
  readonly attempts: number;
  readonly pauseMs: number;
}

const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK = "40P01";

/**
 * Runs one migration: its script and the note of it in one transaction, so that a process killed in between leaves neither. A
 * script that changes one index concurrently cannot be in a transaction; killed, it is mended by the next start.
 *
 * @throws {UnusableDatabaseError} when it fails, which is noted, or when it gets no lock, which changes and notes nothing
 */
export async function applyMigration(client: ClientBase, migration: Migration, patience: LockPatience): Promise<void> {
  const index = readConcurrentIndex(migration.sql);
  try {
    await patiently(patience, () => (index ? concurrently(client, migration, index) : atOnce(client, migration, patience)));
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    if (isInTheWay(error)) {
      throw new UnusableDatabaseError(
        `migration ${migration.name} found its tables in use ${patience.attempts} times and changed nothing (${why}): end the long transaction that pg_stat_activity shows, then start again`,
        { cause: error },
      );
    }
    await noteMigration(client, migration, why);
    throw new UnusableDatabaseError(
      `migration ${migration.name} failed and changed nothing (${why}): mend it, run \`${rollBackCommand(migration.name)}\`, start again`,
      { cause: error },
    );
  }
}

async function atOnce(client: ClientBase, migration: Migration, { lockTimeoutMs }: LockPatience): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
  try {
    // Without parameters a file of many statements is one message.
    await client.query(migration.sql);
    await noteMigration(client, migration);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

/** Without a limit for locks: what it waits for makes nobody else wait. */
async function concurrently(client: ClientBase, migration: Migration, index: ConcurrentIndex): Promise<void> {
  try {
    await changeConcurrently(client, index, migration.sql);
  } catch (error) {
    await removeInvalid(client, index.name);
    throw error;
  }
  await noteMigration(client, migration);
}

async function patiently({ attempts, pauseMs }: LockPatience, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isInTheWay(error)) throw error;
      await wait(pauseMs);
    }
  }
}

/** Whether others hold what it needs, and PostgreSQL has undone it. */
function isInTheWay(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === LOCK_NOT_AVAILABLE || error.code === DEADLOCK);
}
