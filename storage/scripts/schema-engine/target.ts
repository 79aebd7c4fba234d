import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { Pool, type PoolConfig } from "pg";
import { embeddedFolder } from "../../src/database/folder.js";
import { openEmbedded, openTemporary } from "../../src/database/embedded.js";
import { explainRefusal } from "../../src/database/refusal.js";
import { patientConnection } from "../../src/database/server.js";
import { migrationAdapter } from "./migration-adapter.js";

/** The database that a command works on. */
export interface Target {
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  close(): Promise<void>;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/**
 * The server that the command names, or the embedded database when the address is the placeholder of prisma.config.ts.
 * Nothing is opened before the first `connect()`: most commands also start an engine that they never ask to.
 */
export async function openTarget(args: readonly string[]): Promise<Target> {
  const url = readUrl(args);
  const closing: (() => Promise<void>)[] = [];
  let connection: Promise<PoolConfig> | undefined;
  const open = async (): Promise<PoolConfig> => {
    if (url !== undefined) return patientConnection({ kind: "server", url, poolSize: 1 });
    const embedded = await openEmbedded(embeddedFolder(resolve(ROOT, process.env["DATA_DIR"]?.trim() || "data")));
    closing.push(() => embedded.close());
    return embedded.connection;
  };
  return {
    factory: {
      provider: "postgres",
      adapterName: "@prisma/adapter-pg",
      async connect() {
        try {
          const pool = new Pool(await (connection ??= open()));
          closing.unshift(() => pool.end());
          await pool.query("SELECT 1");
          return await migrationAdapter(pool, async () => {});
        } catch (error) {
          throw url === undefined ? error : (explainRefusal(url, error) ?? error);
        }
      },
      // A shadow database holds no data: always one of ours, never one on somebody's server.
      async connectToShadowDb() {
        const shadow = await openTemporary();
        const pool = new Pool(shadow.connection);
        return migrationAdapter(pool, () => pool.end().then(() => shadow.close()));
      },
    },
    async close() {
      for (const end of closing.splice(0)) await end();
    },
  };
}

/** The server's address; undefined: the embedded database. */
function readUrl(args: readonly string[]): string | undefined {
  const position = args.indexOf("--datasource");
  const value: unknown = position < 0 ? undefined : JSON.parse(args[position + 1] ?? "{}");
  const url = typeof value === "object" && value !== null && "url" in value ? value.url : undefined;
  return typeof url === "string" && !url.includes("@embedded.invalid/") ? url : undefined;
}
