import type { ClientBase } from "pg";

/** A table as a copy needs it. */
export interface Table {
  readonly name: string;
  /** Columns that hold what was written; those that PostgreSQL computes are computed again. */
  readonly columns: readonly string[];
}

interface TableRow {
  readonly name: string;
  readonly columns: string[];
  readonly references: string[];
}

// A table's partitions are reached through it. Prisma's notes belong to a database, not to its rows.
const TABLES = `
  SELECT t.relname::text AS name,
    ARRAY(SELECT a.attname::text FROM pg_attribute a
      WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
    ARRAY(SELECT DISTINCT parent.relname::text FROM pg_constraint c JOIN pg_class parent ON parent.oid = c.confrelid
      WHERE c.conrelid = t.oid AND c.contype = 'f' AND c.confrelid <> t.oid) AS references
  FROM pg_class t
  WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
    AND t.relname <> '_prisma_migrations'
  ORDER BY t.relname`;

/** All tables of a database, each behind those that it refers to. */
export async function readTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<TableRow>(TABLES);
  const sorted: TableRow[] = [];
  for (let waiting = rows; waiting.length > 0; ) {
    const done = new Set(sorted.map(({ name }) => name));
    const next = waiting.filter(({ references }) => references.every((name) => done.has(name)));
    if (next.length === 0)
      throw new Error(`tables refer to each other in a circle: ${waiting.map(({ name }) => name).join(", ")}`);
    sorted.push(...next);
    waiting = waiting.filter((table) => !next.includes(table));
  }
  return sorted;
}
