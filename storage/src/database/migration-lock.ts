import { setTimeout as wait } from "node:timers/promises";
import type { ClientBase } from "pg";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** The lock of `prisma migrate deploy`: whoever migrates, one does. */
const PRISMA_LOCK = 72707369;
const ASKED_EVERY_MS = 200;

/**
 * Takes the lock of those who migrate, for as long as the connection lasts. Asks again and again rather than waiting inside
 * PostgreSQL: an index that is built concurrently waits for all statements that began before, so a statement that waits for the
 * lock and the builder that holds it would wait for each other.
 *
 * @param waitMs how long it may belong to another process
 * @throws {UnusableDatabaseError} when that time is up
 */
export async function lockMigrations(client: ClientBase, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${PRISMA_LOCK}) AS taken`);
    if (rows[0]?.taken === true) return;
    if (performance.now() > deadline) {
      throw new UnusableDatabaseError(
        `another process has been migrating this database for ${waitMs / 1_000} s: wait for it or stop it, then start again`,
      );
    }
    await wait(ASKED_EVERY_MS);
  }
}

export async function unlockMigrations(client: ClientBase): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(${PRISMA_LOCK})`).catch(() => {
    // The connection is gone, and the lock with it.
  });
}
