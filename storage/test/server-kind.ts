import { randomUUID } from "node:crypto";
import { startPostgres } from "./postgres-server.js";
import type { DatabaseKind } from "./test-storage.js";

/** Databases on a PostgreSQL server of our own. */
export async function serverKind(bin: string): Promise<DatabaseKind> {
  const server = await startPostgres(bin);
  return {
    options: async () => ({ kind: "server", url: await server.createDatabase(`refrain-${randomUUID()}`), poolSize: 10 }),
    empty: async () => ({ connection: { connectionString: await server.createDatabase(randomUUID()) }, close: async () => {} }),
    close: () => server.stop(),
  };
}
