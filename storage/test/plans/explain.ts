import type { Client, Pool, QueryConfig } from "pg";

/** A statement that storage sent, and how PostgreSQL would run it. */
export interface Plan {
  readonly text: string;
  /** For these values, as the first five runs of a prepared statement. */
  readonly custom: string;
  /** For any values, as PostgreSQL may choose for later runs. */
  readonly generic: string;
}

/** Lets one see what storage sends through a pool. */
export interface Recorder {
  /** Statements that an action sent, each text once. Nothing else may use the pool meanwhile. */
  during(action: () => Promise<unknown>): Promise<QueryConfig[]>;
}

/** Sees all connections that the pool makes from now on. */
export function record(pool: Pool): Recorder {
  let statements = new Map<string, QueryConfig>();
  pool.on("connect", (client) => {
    const run = client.query.bind(client);
    client.query = Object.assign((...args: Parameters<typeof run>) => {
      const query: unknown = args[0];
      if (isStatement(query)) statements.set(query.text, query);
      return run(...args);
    });
  });
  return {
    async during(action) {
      statements = new Map();
      await action();
      return [...statements.values()];
    },
  };
}

/** BEGIN and its like are sent as mere text. */
function isStatement(query: unknown): query is QueryConfig {
  return typeof query === "object" && query !== null && "text" in query && typeof query.text === "string";
}

/** Plans a statement both ways, with the planner's own settings, without running it. @param client not one of storage's */
export async function explain(client: Client, { text, values = [] }: QueryConfig): Promise<Plan> {
  const custom = await planned(client, "force_custom_plan", text, values);
  const generic = await planned(client, "force_generic_plan", text, values);
  return { text, custom: custom.replaceAll(/'(?:[^']|'')*'/g, "'…'"), generic };
}

async function planned(client: Client, mode: string, text: string, values: readonly unknown[]): Promise<string> {
  const parameters = values.length === 0 ? "" : `(${values.map(literal).join(", ")})`;
  await client.query(`BEGIN; SET LOCAL plan_cache_mode = ${mode}`);
  try {
    await client.query(`PREPARE explained AS ${text}`);
    const { rows } = await client.query<{ "QUERY PLAN": string }>(`EXPLAIN (COSTS OFF) EXECUTE explained${parameters}`);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  } finally {
    await client.query("ROLLBACK; DEALLOCATE ALL");
  }
}

/** A value as PostgreSQL reads it in a statement: EXECUTE takes no parameters of its own. */
function literal(value: unknown): string {
  return value === null || value === undefined ? "NULL" : quoted(spelled(value));
}

function spelled(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `{${value.map((item) => (item === null ? "NULL" : JSON.stringify(spelled(item)))).join(",")}}`;
  return String(value);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
