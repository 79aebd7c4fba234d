import { randomUUID } from "node:crypto";
import type { Pool, QueryConfig } from "pg";

/** Values of a statement by what stands in their place. */
export type Replacements = ReadonlyMap<unknown, unknown>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The one statement that an action sends. Nothing else may use the pool meanwhile. */
async function statementOf(pool: Pool, action: () => Promise<unknown>): Promise<{ text: string; values: unknown[] }> {
  const sent: QueryConfig[] = [];
  const run = pool.query.bind(pool);
  pool.query = Object.assign((...args: Parameters<typeof run>) => {
    const [query] = args;
    if (typeof query === "object" && "text" in query) sent.push(query as QueryConfig);
    return run(...args);
  });
  try {
    await action();
  } finally {
    pool.query = run;
  }
  const [statement] = sent;
  if (!statement || sent.length > 1) throw new Error(`${sent.length} statements where one was expected`);
  return { text: statement.text, values: statement.values ?? [] };
}

/**
 * What an action asks of PostgreSQL, sent by node-postgres alone: the same text, prepared as well, on the same connections.
 *
 * @param replace what differs from call to call; ids of new rows are made anew in any case
 */
export async function rawCall(
  pool: Pool,
  name: string,
  action: () => Promise<unknown>,
  replace: () => Replacements = () => new Map(),
): Promise<() => Promise<void>> {
  const { text, values } = await statementOf(pool, action);
  return async () => {
    const others = replace();
    const own = values.map((value) => {
      if (others.has(value)) return others.get(value);
      return others.size > 0 && typeof value === "string" && UUID.test(value) ? randomUUID() : value;
    });
    const { rows } = await pool.query({ name, text, values: own });
    if (rows.length === 0) throw new Error(`no rows: ${name}`);
  };
}
