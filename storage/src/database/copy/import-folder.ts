import { Client, type ClientConfig } from "pg";
import { migrateDatabase, openDatabase, type ServerOptions } from "../database.js";
import { explainRefusal } from "../refusal.js";
import { patientConnection } from "../server.js";
import { UnusableDatabaseError } from "../unusable-database-error.js";
import { copyDatabase, type CopyProgress } from "./copy-database.js";

/**
 * Brings the embedded database of a DATA_DIR and a server to the same migrations, then copies all rows to the server.
 *
 * @returns how many rows each table got
 * @throws {UnusableDatabaseError} when one of them cannot be used, or when the server's has rows
 */
export async function importFolder(
  dataDir: string,
  server: ServerOptions,
  progress: CopyProgress,
): Promise<Readonly<Record<string, number>>> {
  const source = await openDatabase({ kind: "embedded", dataDir });
  try {
    await migrateDatabase(server);
    const from = await source.pool.connect();
    try {
      return await connected(server, (target) => copyDatabase(from, target, progress));
    } finally {
      from.release();
    }
  } finally {
    await source.close();
  }
}

async function connected<T>(server: ServerOptions, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(clientConfig(server));
  // Without a listener a connection that breaks between two queries would end the process; the next query tells anyway.
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw error instanceof UnusableDatabaseError ? error : (explainRefusal(server.url, error) ?? error);
  } finally {
    await client.end();
  }
}

function clientConfig(server: ServerOptions): ClientConfig {
  return { ...patientConnection(server), application_name: "refrain-import" };
}
