import { createLogger, logLevel } from "@refrain/mesh";
import type { Env } from "@refrain/mesh/env";
import { readDatabase } from "../config.js";
import { migrateDatabase as applyMissing } from "../database/database.js";

/** Applies the migrations that are missing, and says which in one line. */
export async function migrateDatabase(env: Env): Promise<void> {
  const database = readDatabase(env);
  const logger = createLogger("storage", logLevel(env));
  const migrated = await applyMissing(database);
  logger.info({ kind: database.kind, migrated }, migrated.length === 0 ? "no migration was missing" : "migrations applied");
}
