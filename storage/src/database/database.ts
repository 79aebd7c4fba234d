import { Client, Pool, type ClientConfig, type PoolConfig } from "pg";
import { openEmbedded } from "./embedded.js";
import { embeddedFolder } from "./folder.js";
import { migrate } from "./migrate.js";
import { readMigrations } from "./migration-files.js";
import { explainRefusal } from "./refusal.js";
import { patientConnection, serverConnection, type ServerOptions } from "./server.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

export type { ServerOptions } from "./server.js";

/** Where the rows live. */
export type DatabaseOptions = { readonly kind: "embedded"; readonly dataDir: string } | ServerOptions;

/** A database with all migrations applied. */
export interface Database {
  readonly pool: Pool;
  /** One more connection, to hear what other replicas tell; undefined: there are none, for the database is embedded. */
  readonly listener: Pool | undefined;
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
  const embedded = await openEmbedded(embeddedFolder(dataDir), await readMigrations());
  try {
    const migrated = await applyMigrations(embedded.connection);
    const pool = createPool(embedded.connection);
    return { pool, listener: undefined, migrated, close: () => pool.end().then(() => embedded.close()) };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function openServer(options: ServerOptions): Promise<Database> {
  const migrated = await migrateServer(options);
  const connection = serverConnection(options);
  const pool = createPool(connection);
  const listener = createPool({ ...connection, max: 1 });
  return { pool, listener, migrated, close: () => Promise.all([pool.end(), listener.end()]).then(() => {}) };
}

/** Does of `openDatabase` only the migrations, and returns the names of those it applied. @throws {UnusableDatabaseError} */
export async function migrateDatabase(options: DatabaseOptions): Promise<readonly string[]> {
  if (options.kind === "server") return migrateServer(options);
  const database = await openFolder(options.dataDir);
  await database.close();
  return database.migrated;
}

async function migrateServer(options: ServerOptions): Promise<string[]> {
  try {
    // A migration may take longer than any call.
    return await applyMigrations(patientConnection(options));
  } catch (error) {
    throw error instanceof UnusableDatabaseError ? error : (explainRefusal(options.url, error) ?? error);
  }
}

function createPool(connection: PoolConfig): Pool {
  const pool = new Pool(connection);
  // The repo tells of broken connections; but a server that ends them while the pool closes must not end the process.
  pool.on("error", () => {});
  // A connection that breaks between two statements of a transaction would end it too; the next statement tells anyway.
  pool.on("connect", (client) => client.on("error", () => {}));
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
