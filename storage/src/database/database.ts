import { Client, Pool, type ClientConfig, type PoolConfig } from "pg";
import { openEmbedded } from "./embedded.js";
import { embeddedFolder } from "./folder.js";
import { migrate } from "./migrate.js";
import { readMigrations } from "./migration-files.js";
import { explainRefusal } from "./refusal.js";
import { serverConnection } from "./server.js";

/** Where the rows live. */
export type DatabaseOptions =
  | { readonly kind: "embedded"; readonly dataDir: string }
  | { readonly kind: "server"; readonly url: string; readonly poolSize: number };

/** A database with all migrations applied. */
export interface Database {
  readonly pool: Pool;
  /** Names of the migrations that this start applied. */
  readonly migrated: readonly string[];
  /** Ends all connections; of the embedded database also its files and the lock on its folder. */
  close(): Promise<void>;
}

/**
 * Opens the database and applies the migrations that are missing.
 *
 * @throws {UnusableDatabaseError} with one line that says what to do, when it cannot be used
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.kind === "embedded" ? openFolder(options.dataDir) : openServer(options);
}

async function openFolder(dataDir: string): Promise<Database> {
  const embedded = await openEmbedded(embeddedFolder(dataDir));
  try {
    const migrated = await applyMigrations(embedded.connection);
    const pool = createPool(embedded.connection);
    return { pool, migrated, close: () => pool.end().then(() => embedded.close()) };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function openServer({ url, poolSize }: { url: string; poolSize: number }): Promise<Database> {
  const connection = serverConnection(url, poolSize);
  try {
    // A migration may take longer than any call.
    const migrated = await applyMigrations({
      ...connection,
      statement_timeout: false,
      query_timeout: 0,
      idle_in_transaction_session_timeout: 0,
    });
    const pool = createPool(connection);
    return { pool, migrated, close: () => pool.end() };
  } catch (error) {
    throw explainRefusal(url, error) ?? error;
  }
}

function createPool(connection: PoolConfig): Pool {
  const pool = new Pool(connection);
  // The repo tells of broken connections; but a server that ends them while the pool closes must not end the process.
  pool.on("error", () => {});
  return pool;
}

async function applyMigrations(connection: ClientConfig): Promise<string[]> {
  const client = new Client(connection);
  // Without a listener a connection that breaks between two queries would end the process; the next query tells anyway.
  client.on("error", () => {});
  await client.connect();
  try {
    return await migrate(client, await readMigrations());
  } finally {
    await client.end();
  }
}
