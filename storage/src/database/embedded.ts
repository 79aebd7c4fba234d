import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { PoolConfig } from "pg";
import { lockFolder } from "./folder-lock.js";
import type { Migration } from "./migration-files.js";
import { templateFolder } from "./template-folder.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";
import { WireStream } from "./wire-stream.js";

/** A PostgreSQL inside this process. */
export interface EmbeddedDatabase {
  /** For node-postgres. One session, hence one connection. */
  readonly connection: PoolConfig & { max: 1 };
  /** Closes the files and gives the folder free. */
  close(): Promise<void>;
}

const CLUSTER = "db";
const DRAFT = "db.new";

/**
 * Opens the embedded PostgreSQL in a folder, and makes it on the first start. The folder is locked until `close()`.
 *
 * @param migrations those that a new one should have, if the build has made such a one; else it is empty
 *
 * @throws {UnusableDatabaseError} when another process has the folder, or when its files cannot be opened
 */
export async function openEmbedded(folder: string, migrations: readonly Migration[] = []): Promise<EmbeddedDatabase> {
  const lock = lockFolder(folder);
  try {
    const cluster = join(folder, CLUSTER);
    if (!existsSync(cluster)) await makeCluster(folder, migrations);
    const database = await open(cluster);
    return {
      connection: connectionTo(database),
      close: async () => {
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether a folder has an embedded PostgreSQL. */
export function hasEmbedded(folder: string): boolean {
  return existsSync(join(folder, CLUSTER));
}

/** An embedded PostgreSQL that is gone with `close()`: for shadow databases and tests. */
export async function openTemporary(): Promise<EmbeddedDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "refrain-embedded-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const database = await openEmbedded(folder);
    return { connection: database.connection, close: () => database.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function connectionTo(database: PGlite): EmbeddedDatabase["connection"] {
  return {
    stream: () => new WireStream(database),
    max: 1,
    // Reconnecting would throw the prepared statements away.
    idleTimeoutMillis: 0,
    user: "postgres",
    database: "postgres",
  };
}

async function open(cluster: string): Promise<PGlite> {
  try {
    return await PGlite.create(cluster);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnusableDatabaseError(
      `the embedded database in ${cluster} cannot be opened (${oneLine(why)}): restore a copy of it, or move the folder away to start empty`,
      { cause: error },
    );
  }
}

/** Makes an empty database beside its place and moves it there: a start that is killed leaves nothing half-made. */
async function makeCluster(folder: string, migrations: readonly Migration[]): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DRAFT)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const draft = join(folder, DRAFT);
  const template = [templateFolder(migrations), templateFolder([])].find((path) => existsSync(path));
  if (template !== undefined) cpSync(template, draft, { recursive: true });
  else await initialise(draft);
  renameSync(draft, join(folder, CLUSTER));
}

/** Writes an empty database into a folder that is not there yet. Takes seconds: initdb, compiled to WebAssembly. */
export async function initialise(folder: string): Promise<void> {
  const database = await PGlite.create(folder);
  await database.close();
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
