import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identify, type ProcessIdentity } from "./process-identity.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** A folder that belongs to this process until `release()`. */
export interface FolderLock {
  release(): void;
}

/** How often a holder shows that it lives, to processes that cannot look up its pid. */
const HEARTBEAT_MS = 2_000;
/** After so long without a heartbeat a holder in another container is taken for dead. */
const SILENT_MS = 15_000;
/** Each attempt clears at most one dead holder's lock. */
const ATTEMPTS = 5;

/**
 * Takes a folder for this process, making the folder when it is not there. PGlite has no lock of its own: two processes on
 * one folder silently lose each other's rows.
 *
 * A lock of a process that was killed is taken over: at once where its pid can be looked up, after 15 s without a
 * heartbeat when it lived in another container.
 *
 * @throws {UnusableDatabaseError} when a living process has it, or when it cannot be written to
 */
export function lockFolder(folder: string): FolderLock {
  try {
    return takeFolder(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new UnusableDatabaseError(`cannot use ${folder} (${code}): set DATA_DIR to a folder that this user may write to`, {
      cause: error,
    });
  }
}

function takeFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "lock");
  const mine = JSON.stringify(identify());
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (place(file, mine)) return hold(file, mine);
    const holder = read(file);
    if (holder === undefined) continue; // released between the two looks
    if (isHeld(holder)) throw inUse(folder, holder.identity);
    clear(file, holder.content);
  }
  throw inUse(folder, undefined);
}

interface Holder {
  readonly content: string;
  readonly identity: ProcessIdentity | undefined;
  /** Milliseconds since its last heartbeat. */
  readonly silentMs: number;
}

/** Makes the lock file, whole or not at all: a link appears with its content. False when there is one. */
function place(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): Holder | undefined {
  try {
    const content = readFileSync(file, "utf8");
    return { content, identity: parse(content), silentMs: Date.now() - statSync(file).mtimeMs };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function parse(content: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, born, namespace } = value as Partial<Record<string, unknown>>;
    if (typeof pid !== "number" || typeof born !== "string" || typeof namespace !== "string") return undefined;
    return { pid, born, namespace };
  } catch {
    // Not ours, or cut by a full disk: its heartbeat decides.
    return undefined;
  }
}

function isHeld({ identity, silentMs }: Holder): boolean {
  const here = identify();
  if (identity === undefined || identity.namespace !== here?.namespace) return silentMs < SILENT_MS;
  const living = identify(identity.pid);
  return living !== undefined && living.born === identity.born;
}

/** Removes a dead holder's lock, unless somebody else has just done so and put up his own. */
function clear(file: string, content: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, "utf8") !== content) linkSync(aside, file);
  } catch (error) {
    if (!hasCode(error, "ENOENT") && !hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function hold(file: string, content: string): FolderLock {
  const heartbeat = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(file, now, now);
    } catch {
      // Somebody removed the file by hand: there is no heart left to beat, and the rows are more than the lock.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      if (read(file)?.content === content) rmSync(file, { force: true });
    },
  };
}

function inUse(folder: string, identity: ProcessIdentity | undefined): UnusableDatabaseError {
  const holder = identity === undefined ? "another process" : `process ${identity.pid}`;
  return new UnusableDatabaseError(`${folder} is in use by ${holder}: stop that one, or set DATA_DIR to another folder`);
}

function hasCode(error: unknown, code: string): boolean {
  return systemCode(error) === code;
}

/** Such as EACCES; undefined for an error that is not the file system's. */
function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
