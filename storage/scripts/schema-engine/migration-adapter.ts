import { ColumnTypeEnum, DriverAdapterError, type SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";

const CHAR = 18; // PostgreSQL's "char", one byte, which only its catalogues use
const TEXT = 25;

/**
 * Prisma's adapter for node-postgres, with what the schema engine needs and it lacks: scripts that are not cut at every
 * semicolon, and the catalogues' "char" columns.
 */
export async function migrationAdapter(pool: pg.Pool, dispose: () => Promise<void>): Promise<SqlDriverAdapter> {
  const characters = new WeakMap<object, readonly boolean[]>();
  const adapter = await new PrismaPg(readingCharacters(pool, characters)).connect();
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    executeRaw: (query) => adapter.executeRaw(query),
    startTransaction: (isolationLevel) => adapter.startTransaction(isolationLevel),
    getConnectionInfo: () => adapter.getConnectionInfo(),
    dispose: () => adapter.dispose().then(dispose),
    async queryRaw(query) {
      const result = await adapter.queryRaw(query);
      const flags = characters.get(result.rows) ?? [];
      return {
        ...result,
        columnTypes: result.columnTypes.map((type, i) => (flags[i] ? ColumnTypeEnum.Character : type)),
      };
    },
    async executeScript(script) {
      try {
        await pool.query(script);
      } catch (error) {
        throw asDriverError(error);
      }
    },
  };
}

/** The same pool, whose results call a "char" column text and remember that it was one. */
function readingCharacters(pool: pg.Pool, characters: WeakMap<object, readonly boolean[]>): pg.Pool {
  const run = pool.query.bind(pool);
  return Object.assign(pool, {
    async query(config: pg.QueryArrayConfig | string) {
      if (typeof config === "string") return run(config);
      const result = await run(config);
      const flags = result.fields.map((field) => field.dataTypeID === CHAR);
      characters.set(result.rows, flags);
      const fields = result.fields.map((field, i) => (flags[i] ? { ...field, dataTypeID: TEXT } : field));
      return { ...result, fields };
    },
  });
}

function asDriverError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const { code, message } = error;
  const text = (name: "detail" | "column" | "hint" | "severity") => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === "string" ? value : undefined;
  };
  return new DriverAdapterError({
    kind: "postgres",
    code,
    message,
    severity: text("severity") ?? "ERROR",
    detail: text("detail"),
    column: text("column"),
    hint: text("hint"),
    originalCode: code,
    originalMessage: message,
  });
}
