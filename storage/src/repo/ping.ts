import statement from "sql-template-tag";
import type { Sql } from "./sql.js";

/** The database answers, and takes no writes: a standby, or a primary that was told so. */
export class ReadOnlyDatabaseError extends Error {
  override readonly name = "ReadOnlyDatabaseError";
}

/** Rejects when the database does not answer, and with a ReadOnlyDatabaseError when nothing can be written to it. */
export async function ping(sql: Pick<Sql, "read">): Promise<void> {
  // Also on at a standby. Asking costs no more than SELECT 1, which a standby answers as gladly.
  const [row] = await sql.read<{ read_only: string }>(statement`SELECT current_setting('transaction_read_only') AS read_only`);
  if (row?.read_only !== "off") throw new ReadOnlyDatabaseError("the database takes no writes");
}
