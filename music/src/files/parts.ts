import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "@refrain/mesh";
import type { WorkRequest } from "../downloads/work.js";
import { isDiskFull } from "../errors.js";
import { requestKey } from "./file-names.js";

/** A private folder for one attempt at one fetch. One of the two ends has to be called. */
export interface Scratch {
  /** Absolute. Holds what an earlier attempt left. */
  readonly folder: string;
  /** The fetch is done, or will never be: nothing of it is left, of earlier attempts neither. */
  remove(): Promise<void>;
  /** The fetch was cut: what there is stays for whoever tries again, on whichever replica. */
  leave(): Promise<void>;
}

/** The folder of what is on its way. Several replicas may share it. */
export interface Parts {
  scratch(request: WorkRequest): Promise<Scratch>;
  /** Removes what nobody has gone on with; it happens by itself too. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export interface PartsOptions {
  /** Made when it does not exist. */
  folder: string;
  /** Bound of what cut fetches leave behind. */
  maxBytes: number;
  logger: Logger;
}

/** An attempt that runs says so this often, in the time of its folder. */
const BEAT_MS = 10_000;
/** One that has not said so for that long is over: its process was killed. */
const SILENT_MS = 60_000;
/** What nobody has gone on with for that long is removed. */
const ORPHAN_MS = 60 * 60_000;
const SWEEP_EVERY_MS = 60 * 60_000;
/** A fetch in pieces leaves many files, but not that many. */
const MAX_FILES = 2_000;

/** One attempt of one request, on the disk. */
interface Attempt {
  path: string;
  /** Last beat or write, by the clock of the disk. */
  touchedAt: number;
  files: string[];
  bytes: number;
}

/** Opens the folder. Leftovers are looked after beside. */
export async function openParts({ folder, maxBytes, logger }: PartsOptions): Promise<Parts> {
  await mkdir(folder, { recursive: true });
  const guarded = () =>
    sweep(folder, maxBytes).catch((error: unknown) => logger.warn({ err: error }, "looking after unfinished files failed"));
  let last = guarded();
  const sweepNext = () => (last = last.then(guarded));
  const timer = setInterval(() => void sweepNext(), SWEEP_EVERY_MS).unref();
  return {
    scratch: ({ url, format }) => openScratch(join(folder, requestKey(url, format)), sweepNext),
    sweep: sweepNext,
    async close() {
      clearInterval(timer);
      await last;
    },
  };
}

async function openScratch(home: string, sweepNext: () => Promise<void>): Promise<Scratch> {
  const folder = join(home, randomUUID());
  await mkdir(folder, { recursive: true });
  const beat = setInterval(() => void diskTime(folder).catch(() => {}), BEAT_MS).unref(); // a full disk, which the fetch notices itself
  try {
    await takeOver(home, folder);
  } catch (error) {
    clearInterval(beat);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    async remove() {
      clearInterval(beat);
      await rm(folder, { recursive: true, force: true });
      for (const attempt of await attemptsIn(home)) if (await isSilent(attempt, home)) await removeAttempt(attempt);
      await removeIfEmpty(home);
    },
    async leave() {
      clearInterval(beat);
      if ((await readdir(folder).catch(ignoreMissing))?.length === 0) await rm(folder, { recursive: true, force: true });
      await removeIfEmpty(home);
      await sweepNext();
    },
  };
}

/**
 * Copies what the attempt before left. A copy, because its process may still live, cut off from the others: it writes on into its own
 * files, never into ours.
 */
async function takeOver(home: string, folder: string): Promise<void> {
  const others = (await attemptsIn(home)).filter(({ path }) => path !== folder);
  const [newest] = others.filter(({ files }) => files.length > 0).toSorted((one, other) => other.touchedAt - one.touchedAt);
  try {
    for (const name of newest?.files ?? []) {
      await copyFile(join(newest?.path ?? "", name), join(folder, name), constants.COPYFILE_FICLONE).catch(ignoreMissing);
    }
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    // Starting anew takes less room than two copies.
    for (const name of newest?.files ?? []) await rm(join(folder, name), { force: true });
  }
  for (const attempt of others) if (await isSilent(attempt, home)) await removeAttempt(attempt);
}

/** What is left of all fetches: too old, or too much. */
async function sweep(folder: string, maxBytes: number): Promise<void> {
  let left: Attempt[] = [];
  for (const item of await readdir(folder, { withFileTypes: true })) {
    if (!item.isDirectory() || !/^[0-9a-f]{64}$/.test(item.name)) continue;
    const home = join(folder, item.name);
    const now = await diskTime(folder);
    for (const attempt of await attemptsIn(home)) {
      if (now - attempt.touchedAt > ORPHAN_MS) await removeAttempt(attempt);
      else if (now - attempt.touchedAt > BEAT_MS * 2) left.push(attempt);
    }
    await removeIfEmpty(home);
  }
  left = left.toSorted((one, other) => one.touchedAt - other.touchedAt);
  let excess = left.reduce((sum, { bytes }) => sum + bytes, 0) - maxBytes;
  for (const attempt of left) {
    if (excess <= 0) break;
    await removeAttempt(attempt);
    await removeIfEmpty(dirname(attempt.path));
    excess -= attempt.bytes;
  }
}

async function attemptsIn(home: string): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const item of (await readdir(home, { withFileTypes: true }).catch(ignoreMissing)) ?? []) {
    if (!item.isDirectory()) continue;
    const attempt = await readAttempt(join(home, item.name));
    if (attempt) attempts.push(attempt);
  }
  return attempts;
}

/** Undefined when it was removed meanwhile. Links and folders in it are not ours, and never followed. */
async function readAttempt(path: string): Promise<Attempt | undefined> {
  const items = await readdir(path, { withFileTypes: true }).catch(ignoreMissing);
  const own = await stat(path).catch(ignoreMissing);
  if (!items || !own) return undefined;
  const attempt: Attempt = { path, touchedAt: own.mtimeMs, files: [], bytes: 0 };
  for (const item of items.slice(0, MAX_FILES)) {
    const stats = item.isFile() ? await stat(join(path, item.name)).catch(ignoreMissing) : undefined;
    if (!stats) continue;
    attempt.files.push(item.name);
    attempt.bytes += stats.size;
    attempt.touchedAt = Math.max(attempt.touchedAt, stats.mtimeMs);
  }
  return attempt;
}

async function isSilent({ touchedAt }: Attempt, home: string): Promise<boolean> {
  return (await diskTime(home)) - touchedAt > SILENT_MS;
}

/**
 * Now, by the clock that the times in a folder come from: a shared disk has one of its own. The folder itself is touched by it.
 *
 * @returns 0 when the folder is gone
 */
async function diskTime(folder: string): Promise<number> {
  const probe = join(folder, `.time-${randomUUID()}`);
  try {
    await mkdir(probe);
    return (await stat(probe)).mtimeMs;
  } catch (error) {
    return ignoreMissing(error) ?? 0;
  } finally {
    await rmdir(probe).catch(ignoreMissing);
  }
}

function removeAttempt({ path }: Attempt): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    const kept = error instanceof Error && "code" in error && ["ENOTEMPTY", "EEXIST", "ENOENT"].includes(String(error.code));
    if (!kept) throw error;
  });
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  return undefined;
}
