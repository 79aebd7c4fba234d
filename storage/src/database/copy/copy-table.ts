import type { ClientBase } from "pg";
import type { Table } from "./tables.js";

/** Rows on their way at once; one of the search cache may have 100 kB. */
const BATCH = 250;
const CURSOR = "rows_to_copy";

/**
 * Copies the rows of a table from one database to another of the same schema, as JSON, which says every type of PostgreSQL exactly.
 * Both connections are in a transaction.
 *
 * @param copied told how many rows were copied, after each batch
 */
export async function copyTable(
  source: ClientBase,
  target: ClientBase,
  { name, columns }: Table,
  copied: (rows: number) => void,
): Promise<void> {
  const table = target.escapeIdentifier(name);
  const list = columns.map((column) => target.escapeIdentifier(column)).join(", ");
  const insert = {
    name: `copy ${name}`,
    text: `INSERT INTO ${table} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM json_populate_recordset(NULL::${table}, $1::json)`,
  };
  // A cursor, because the embedded database would hand out the answer to one SELECT as a whole.
  await source.query(`DECLARE ${CURSOR} NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS row FROM ${table} t`);
  let total = 0;
  for (;;) {
    const { rows } = await source.query<{ row: string }>(`FETCH ${BATCH} FROM ${CURSOR}`);
    if (rows.length === 0) break;
    await target.query({ ...insert, values: [`[${rows.map(({ row }) => row).join(",")}]`] });
    total += rows.length;
    copied(total);
  }
  await source.query(`CLOSE ${CURSOR}`);
  await moveSequences(target, name);
}

/** Numbers that the target gives out itself go on behind those that were copied. */
async function moveSequences(target: ClientBase, table: string): Promise<void> {
  const { rows } = await target.query<{ column: string; sequence: string }>(
    `SELECT attname AS column, pg_get_serial_sequence(quote_ident($1), attname) AS sequence FROM pg_attribute
     WHERE attrelid = quote_ident($1)::regclass AND attnum > 0 AND NOT attisdropped
       AND pg_get_serial_sequence(quote_ident($1), attname) IS NOT NULL`,
    [table],
  );
  for (const { column, sequence } of rows) {
    const name = target.escapeIdentifier(column);
    await target.query(
      `SELECT setval($1::regclass, coalesce(max(${name}), 1), max(${name}) IS NOT NULL) FROM ${target.escapeIdentifier(table)}`,
      [sequence],
    );
  }
}
