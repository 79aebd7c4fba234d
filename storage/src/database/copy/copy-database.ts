import type { ClientBase } from "pg";
import { UnusableDatabaseError } from "../unusable-database-error.js";
import { copyTable } from "./copy-table.js";
import { readTables, type Table } from "./tables.js";

/** Told how far a copy is. */
export interface CopyProgress {
  begin(table: string, rows: number): void;
  copied(rows: number): void;
  end(): void;
}

const LOCK_TIMEOUT_MS = 10_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Copies all rows of one database into an empty one with the same migrations, in one transaction: all of them, or none. Nobody
 * else can write to the target meanwhile.
 *
 * @returns how many rows each table has now
 * @throws {UnusableDatabaseError} when the target is in use, or has rows
 */
export async function copyDatabase(
  source: ClientBase,
  target: ClientBase,
  progress: CopyProgress,
): Promise<Readonly<Record<string, number>>> {
  const tables = await readTables(target);
  await source.query("BEGIN READ ONLY");
  await target.query("BEGIN");
  try {
    await claim(target, tables);
    for (const table of tables) await copy(source, target, table, progress);
    const counts = await compareCounts(source, target, tables);
    await target.query("COMMIT");
    // Until the server has looked at the new rows it plans as if there were none.
    await target.query("ANALYZE");
    return counts;
  } finally {
    // After COMMIT it says no more than that there is nothing to roll back.
    for (const client of [source, target]) await client.query("ROLLBACK").catch(() => {}); // a lost connection has rolled back by itself
  }
}

/** Keeps other writers out, and makes sure that nobody wrote before. */
async function claim(target: ClientBase, tables: readonly Table[]): Promise<void> {
  const names = tables.map(({ name }) => target.escapeIdentifier(name));
  try {
    await target.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; LOCK TABLE ${names.join(", ")} IN SHARE ROW EXCLUSIVE MODE`);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === LOCK_NOT_AVAILABLE)) throw error;
    throw new UnusableDatabaseError("the database of DATABASE_URL is in use: stop what writes to it, then import again", {
      cause: error,
    });
  }
  for (const { name } of tables) {
    const { rows } = await target.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT FROM ${target.escapeIdentifier(name)}) AS used`,
    );
    if (rows[0]?.used !== true) continue;
    throw new UnusableDatabaseError(`the database of DATABASE_URL is not empty: ${name} has rows. Import into a new database`);
  }
}

async function copy(source: ClientBase, target: ClientBase, table: Table, progress: CopyProgress): Promise<void> {
  const name = target.escapeIdentifier(table.name);
  // What triggers keep up to date is copied like all else.
  await target.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  progress.begin(table.name, await count(source, table));
  await copyTable(source, target, table, (rows) => progress.copied(rows));
  progress.end();
  await target.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
}

async function compareCounts(source: ClientBase, target: ClientBase, tables: readonly Table[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [expected, found] = [await count(source, table), await count(target, table)];
    if (expected !== found) throw new Error(`${table.name} has ${expected} rows, and ${found} arrived`);
    counts[table.name] = found;
  }
  return counts;
}

async function count(client: ClientBase, { name }: Table): Promise<number> {
  const { rows } = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${client.escapeIdentifier(name)}`);
  return Number(rows[0]?.rows);
}
