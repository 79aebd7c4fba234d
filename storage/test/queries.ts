import type { Pool, QueryConfig } from "pg";

/** Runs something and returns the queries that it sent. Nothing else may use the pool meanwhile. */
export async function queriesOf(pool: Pool, action: () => Promise<unknown>): Promise<QueryConfig[]> {
  const queries: QueryConfig[] = [];
  const run = pool.query.bind(pool);
  pool.query = Object.assign((...args: Parameters<typeof run>) => {
    const [query] = args;
    if (typeof query === "object" && "text" in query) queries.push(query as QueryConfig);
    return run(...args);
  });
  try {
    await action();
  } finally {
    pool.query = run;
  }
  return queries;
}

/** The plan of a query for a table that is too large to read whole or to sort, however small it is in the test. */
export async function planFor(pool: Pool, { text, values }: QueryConfig): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off");
    const { rows } = await client.query<{ "QUERY PLAN": string }>({ text: `EXPLAIN ${text}`, ...(values && { values }) });
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}
