import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { types, type Pool, type PoolClient, type QueryConfig } from "pg";
import type { Sql as Statement } from "sql-template-tag";
import { isNetworkError } from "../database/network-error.js";

/**
 * Runs statements on the pool, each prepared once per connection. int8 is read as bigint, date as `YYYY-MM-DD`.
 *
 * What PostgreSQL has surely undone (a deadlock, a serialisation failure) is repeated, up to 3 times in all.
 */
export interface Sql {
  /** Rows of a statement that changes nothing: also repeated when the connection was lost meanwhile. */
  read<Row extends object>(statement: Statement): Promise<Row[]>;
  /** Rows that a statement returns which changes something. */
  write<Row extends object>(statement: Statement): Promise<Row[]>;
  /** Runs a statement and returns how many rows it touched. */
  run(statement: Statement): Promise<number>;
}

/** Statements on their own, or several as one. */
export interface SqlPool extends Sql {
  /**
   * Runs work in one transaction (READ COMMITTED: each statement sees what was committed before it). The work may be
   * repeated, so it does nothing but ask the database. Throws what the work throws, after a rollback.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

const ATTEMPTS = 3;
const PAUSE_MS = 20;
/** SQLSTATEs of transactions that were rolled back because of others: serialisation failure, deadlock. */
const ROLLED_BACK = new Set(["40001", "40P01"]);
/** Lists make new SQL for every length; those beyond the bound are parsed anew each time. */
const MAX_PREPARED = 300;
const INT8 = 20;
const DATE = 1082;

export function createSql(pool: Pool): SqlPool {
  const configure = configurator();
  const on = (target: Pool | PoolClient): Sql => {
    const write = async <Row extends object>(statement: Statement) => (await target.query<Row>(configure(statement))).rows;
    const run = async (statement: Statement) => (await target.query(configure(statement))).rowCount ?? 0;
    return { read: write, write, run };
  };
  const direct = on(pool);
  return {
    read: (statement) => repeated(() => direct.read(statement), wasLost),
    write: (statement) => repeated(() => direct.write(statement)),
    run: (statement) => repeated(() => direct.run(statement)),
    transaction: (work) => repeated(() => transact(pool, (client) => work(on(client)))),
  };
}

async function transact<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // A connection that cannot even roll back is of no use to anybody.
    await client.query("ROLLBACK").catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function repeated<T>(work: () => Promise<T>, alsoIf: (error: unknown) => boolean = () => false): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !(wasRolledBack(error) || alsoIf(error))) throw error;
      await wait(Math.random() * PAUSE_MS * 2 ** attempt);
    }
  }
}

function wasRolledBack(error: unknown): boolean {
  return error instanceof Error && "code" in error && ROLLED_BACK.has(String(error.code));
}

/** Not a timeout: who has waited that long does not wait again. */
function wasLost(error: unknown): boolean {
  return isNetworkError(error) && !/timeout/i.test(error instanceof Error ? error.message : "");
}

function configurator(): (statement: Statement) => QueryConfig {
  const names = new Map<string, string>();
  return ({ text, values }) => {
    let name = names.get(text);
    if (name === undefined && names.size < MAX_PREPARED) {
      // After its text: others prepare statements on the same connections too.
      name = createHash("sha256").update(text).digest("base64url");
      names.set(text, name);
    }
    return { text, values, types: PARSERS, ...(name !== undefined && { name }) };
  };
}

const PARSERS = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8) return BigInt;
    if (oid === DATE) return String;
    return types.getTypeParser(oid, format);
  },
};
