import { createHash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { readTables } from "../src/database/copy/tables.js";

/** What a table holds. Equal for the same rows, in whatever order. */
export interface Contents {
  readonly rows: number;
  readonly hash: string;
}

/** What every table of a database holds, in all columns. */
export async function contentsOf(pool: Pool): Promise<Record<string, Contents>> {
  const client = await pool.connect();
  try {
    const contents: Record<string, Contents> = {};
    for (const { name } of await readTables(client)) contents[name] = await read(client, name);
    return contents;
  } finally {
    client.release();
  }
}

async function read(client: PoolClient, table: string): Promise<Contents> {
  const { rows } = await client.query<{ row: string }>(`SELECT r::text AS row FROM "${table}" r ORDER BY r::text COLLATE "C"`);
  const hash = createHash("sha256");
  for (const { row } of rows) hash.update(`${row}\n`);
  return { rows: rows.length, hash: hash.digest("hex") };
}
