import type { Pool } from "pg";
import type { Sql } from "../src/repo/sql.js";

/** Runs statements that storage runs inside of its transactions. Unprepared: the names on the connections are storage's own. */
export function plainSql(pool: Pool): Sql {
  const write: Sql["write"] = async <Row extends object>({ text, values }: Parameters<Sql["write"]>[0]) =>
    (await pool.query<Row>(text, [...values])).rows;
  return { read: write, write, run: async ({ text, values }) => (await pool.query(text, [...values])).rowCount ?? 0 };
}
