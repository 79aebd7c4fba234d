import { resolve } from "node:path";
import { ConfigError, createLogger, logLevel } from "@refrain/mesh";
import { StartError, type Env } from "@refrain/mesh/env";
import { readServer } from "../config.js";
import { importFolder } from "../database/copy/import-folder.js";
import { embeddedFolder } from "../database/folder.js";
import { hasEmbedded } from "../database/embedded.js";
import { showProgress } from "./show-progress.js";

/**
 * Copies an embedded database into the server of DATABASE_URL. The embedded one is locked meanwhile and stays as it is.
 *
 * @param from a DATA_DIR
 */
export async function importDatabase(env: Env, from: string): Promise<void> {
  const server = readServer(env);
  if (server === undefined) {
    throw new ConfigError("DATABASE_URL", "is not set", "postgresql://refrain:password@127.0.0.1:5432/refrain");
  }
  const dataDir = resolve(from);
  // Looked for first: to open one would make one.
  if (!hasEmbedded(embeddedFolder(dataDir))) throw new StartError(`there is no embedded database in ${embeddedFolder(dataDir)}`);
  const logger = createLogger("storage", logLevel(env));
  const rows = await importFolder(dataDir, server, showProgress(process.stderr));
  logger.info({ from: dataDir, rows }, "imported");
}
