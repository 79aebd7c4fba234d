import type { Pool } from "pg";

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/**
 * A value for the i-th row, by type: different in every row, and of the kind that copies lose. The same i gives the same value in all
 * tables, so that rows find those that they refer to.
 */
const VALUES: Readonly<Record<string, string>> = {
  uuid: "md5(i::text)::uuid",
  text: `i || E' \\u0451\\t\\n\\\\ "quoted" '' \\U0001F3B5 ' || repeat('x', i % 50)`,
  bytea: "decode(md5(i::text) || '00ff0a5c', 'hex')",
  "timestamp with time zone": "timestamptz '2026-11-22 23:59:59.999+00' - i * interval '1.001 s'",
  date: "date '2026-11-22' - (i % 3000)",
  bigint: "9007199254740993 + i",
  integer: "i",
  smallint: "(i % 30000)::smallint",
  boolean: "i % 2 = 0",
  "double precision": "i / 3.0::float8",
  "text[]": "ARRAY['one', i::text, '', 'NULL', '{\"}']",
};

/** Writes rows into every table of a database, whatever its columns are. A table that refers to others comes behind them. */
export async function fillTables(pool: Pool, tables: readonly string[], rows: number): Promise<void> {
  const { rows: columns } = await pool.query<Column>(
    `SELECT c.relname::text AS table, a.attname::text AS name, format_type(a.atttypid, NULL) AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = ''
     ORDER BY a.attnum`,
  );
  for (const table of tables) {
    const own = columns.filter((column) => column.table === table);
    const names = own.map(({ name }) => `"${name}"`).join(", ");
    await pool.query(
      `INSERT INTO "${table}" (${names}) SELECT ${own.map(valueOf).join(", ")} FROM generate_series(1, ${rows}) i`,
    );
  }
}

function valueOf({ table, name, type }: Column): string {
  const value = VALUES[type];
  if (value === undefined) throw new Error(`${table}.${name} is of type ${type}, of which this test makes no values yet`);
  return value;
}
