import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import type { Migration } from "./migration-files.js";

// The format of `prisma migrate deploy`, so that either may follow the other: its table, its checksums, and its three states
// (finished_at, rolled_back_at, neither = failed).
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

/** A migration that a database has, finished or failed. */
export interface MigrationNote {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** The notes that count, oldest first; undefined when no migration ever ran here. */
export async function readMigrationLog(client: ClientBase): Promise<MigrationNote[] | undefined> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "SELECT to_regclass(format('%I._prisma_migrations', current_schema())) IS NOT NULL AS there",
  );
  if (found[0]?.there !== true) return undefined;
  const { rows } = await client.query<MigrationNote>(
    `SELECT "migration_name", "checksum", "finished_at" IS NOT NULL AS finished
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "started_at"`,
  );
  return rows;
}

export async function createMigrationLog(client: ClientBase): Promise<void> {
  await client.query(CREATE_TABLE);
}

/** Notes how a migration ended: finished, or failed with `logs`. */
export async function noteMigration(client: ClientBase, { name, checksum }: Migration, logs?: string): Promise<void> {
  await client.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "logs", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, $4::text, CASE WHEN $4::text IS NULL THEN clock_timestamp() END, CASE WHEN $4::text IS NULL THEN 1 ELSE 0 END)`,
    [randomUUID(), checksum, name, logs],
  );
}

/** What an operator runs before a failed migration is tried again. */
export function rollBackCommand(name: string): string {
  return `npm run db -- migrate resolve --rolled-back ${name}`;
}
