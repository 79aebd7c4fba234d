import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { StartError } from "@refrain/mesh";

/** A folder that is ours until it is released, or the process ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Who has a folder. */
interface Owner {
  id: string;
  host: string;
  pid: number;
  /** Of the process, in ticks since the machine started: another process may get the same number. */
  startedAt: string;
}

const LOCK = ".lock";
const BEAT_MS = 10_000;
/** An owner on another machine whose lock is older is gone. */
const SILENT_MS = 35_000;

/**
 * Makes a folder ours. Node has no lock of the system that ends with its process, so a file names the owner: on the same machine it is
 * looked up among the processes, on another it has to have touched the file lately.
 *
 * @throws StartError when another process has it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK);
  const owner: Owner = { id: randomUUID(), host: hostname(), pid: process.pid, startedAt: (await startOf(process.pid)) ?? "" };
  const own = `${path}.${owner.id}`;
  await writeFile(own, JSON.stringify(owner));
  try {
    await take(own, path, folder);
  } finally {
    await rm(own, { force: true });
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), BEAT_MS).unref(); // a full or slow disk: the next beat counts
  return {
    async release() {
      clearInterval(beat);
      if ((await readOwner(path))?.id === owner.id) await rm(path, { force: true });
    },
  };
}

/** A link is made whole, and by one process only. */
async function take(own: string, path: string, folder: string): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    try {
      return await link(own, path);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (await isAlive(path)) break;
    await moveAway(path, `${own}.old`);
  }
  throw new StartError(`another process uses ${folder}: give each replica a DATA_DIR of its own, or share an s3:// BLOB_URL`);
}

/** Of several that find the lock of somebody who is gone, one may have taken the folder before another moves it. */
async function moveAway(path: string, old: string): Promise<void> {
  await rename(path, old).catch(ignoreMissing);
  if (await isAlive(old)) await link(old, path).catch(() => {}); // a third has it by now: it is not ours either way
  await rm(old, { force: true });
}

async function isAlive(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  if (owner?.host === hostname()) {
    const startedAt = await startOf(owner.pid);
    return startedAt !== undefined && startedAt === owner.startedAt;
  }
  const stats = await stat(path).catch(ignoreMissing);
  return stats !== undefined && Date.now() - stats.mtimeMs < SILENT_MS;
}

/** Undefined when there is no lock, or its file is broken. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // cut by a full disk: its age decides
  }
}

/** When a process started; empty where the system does not tell, undefined when there is no such process. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, of somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  // The name of the program, in brackets, may hold spaces.
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // not Linux
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  return undefined;
}
