import type { Logger } from "@refrain/mesh";
import type { Clock } from "../../clock.js";
import type { Covers } from "../../covers/covers.js";
import type { Catalog, LibraryFile } from "./catalog.js";
import { waitingAccess } from "./file-access.js";
import { type Inspection, inspectFile, type Question } from "./inspect-file.js";
import { createCoverKeeper } from "./keep-cover.js";
import type { FileStamp } from "./read-audio-file.js";
import { createReaderThreads, type ReaderThreads } from "./reader-threads.js";

export interface IndexerOptions {
  /** Real path of the folder. */
  root: string;
  catalog: Catalog;
  covers: Covers;
  /** Files as an earlier run knew them, by path. */
  saved: ReadonlyMap<string, LibraryFile>;
  clock: Clock;
  logger: Logger;
  /** A file has to stay the same for so long before it is read, in milliseconds. */
  settleMs: number;
  /** So many files that wait are worth threads of their own. Default: 500. */
  threadsFrom?: number | undefined;
  /** Called after every change of the catalog. */
  onChange: () => void;
}

/** Reads files, a few at a time, and keeps the catalog true. */
export interface Indexer {
  /** A file was added or has changed: it is read as soon as it has settled. */
  readonly changed: (path: string) => void;
  /** A file is known to be complete: it is read at once. Resolves when it is in the catalog, or was skipped. */
  add(path: string): Promise<void>;
  readonly gone: (path: string) => void;
  /** Resolves when nothing that has settled is left to read. */
  idle(): Promise<void>;
  /** Files that were told of, and how many of them are done. */
  progress(): { done: number; total: number };
  close(): Promise<void>;
}

/** More files than that are not indexed: the catalog lives in memory. */
const MAX_FILES = 250_000;
/** Files read at a time without threads: one hashes while the other waits for the disk. */
const LANES = 2;
/** Files given to a thread at once: their results are added in one go, within a few milliseconds. */
const BATCH = 32;
const THREADS_FROM = 500;

export function createIndexer(options: IndexerOptions, signal: AbortSignal): Indexer {
  const { root, catalog, saved, clock, logger, settleMs, onChange } = options;
  const keepCover = createCoverKeeper(options.covers, signal);
  const waiting = new Set<string>();
  const reading = new Set<string>();
  /** Files that were seen too young: their stamp then, and what stops the timer. */
  const settling = new Map<string, { stamp: FileStamp; cancel: () => void }>();
  /** Files of a batch that failed as a whole: asked one by one. */
  const suspects = new Set<string>();
  const idlers = new Set<() => void>();
  let threads: ReaderThreads | undefined;
  let told = 0;

  function advance() {
    if (signal.aborted) waiting.clear();
    if (!threads && waiting.size >= (options.threadsFrom ?? THREADS_FROM)) threads = createReaderThreads(root);
    while (threads ? threads.idle() > 0 : reading.size < LANES) {
      const batch = nextBatch(threads ? BATCH : 1);
      if (batch.length === 0) break;
      void readBatch(batch).finally(() => {
        for (const path of batch) reading.delete(path);
        advance();
      });
    }
    if (reading.size > 0 || waiting.size > 0) return;
    void threads?.close();
    threads = undefined;
    for (const wake of idlers) wake();
    idlers.clear();
  }

  function nextBatch(size: number): string[] {
    const batch: string[] = [];
    for (const path of waiting) {
      // A change while a file is read waits until that is done.
      if (reading.has(path)) continue;
      const alone = suspects.has(path);
      if (alone && batch.length > 0) continue;
      waiting.delete(path);
      reading.add(path);
      batch.push(path);
      if (alone || batch.length >= size) break;
    }
    return batch;
  }

  /** Never rejects. */
  async function readBatch(paths: readonly string[]) {
    const questions = paths.map((path) => questionOf(path, settleMs));
    try {
      const answers = threads
        ? await threads.read(questions)
        : await Promise.all(questions.map((question) => inspectFile(root, question, waitingAccess, signal)));
      await Promise.all(answers.map((answer, at) => take(paths[at] ?? "", answer)));
      paths.forEach((path) => suspects.delete(path));
      onChange();
    } catch (error) {
      if (signal.aborted) return;
      const [path = ""] = paths;
      if (paths.length === 1 && suspects.delete(path)) return skip(path, { kind: "failed", why: String(error) });
      for (const suspect of paths) {
        suspects.add(suspect);
        waiting.add(suspect);
      }
    }
  }

  function questionOf(path: string, settle: number): Question {
    const known = catalog.file(path) ?? saved.get(path);
    const seen = settling.get(path)?.stamp;
    settling.delete(path);
    return { path, known: known && stampOf(known), seen, settleMs: settle };
  }

  /** Rejects only with the signal's reason. */
  async function take(path: string, answer: Inspection): Promise<void> {
    if (answer.kind === "young") return settle(path, answer.stamp);
    if (answer.kind === "skipped" || answer.kind === "failed") return skip(path, answer);
    if (answer.kind === "read") {
      const cover = answer.picture ? await keepCover.save(answer.picture) : undefined;
      return accept({ path, ...answer.stamp, ...answer.facts, cover: cover ?? "" });
    }
    const known = catalog.file(path) ?? saved.get(path);
    if (!known) return void waiting.add(path); // forgotten just now
    if (known.cover === "" || (await keepCover.has(known.cover))) return accept(known);
    return take(path, await inspectFile(root, { path, settleMs: 0 }, waitingAccess, signal));
  }

  function accept(file: LibraryFile) {
    if (!catalog.file(file.path) && catalog.size() >= MAX_FILES) {
      return skip(file.path, { kind: "skipped", why: `more than ${MAX_FILES} files` });
    }
    catalog.add(file);
  }

  function skip(path: string, { kind, why }: { kind: "skipped" | "failed"; why: string }) {
    catalog.remove(path);
    if (kind === "skipped") logger.info({ path, why }, "library file skipped");
    else logger.warn({ path, why }, "library file cannot be read");
  }

  function settle(path: string, stamp: FileStamp) {
    settling.get(path)?.cancel();
    const cancel = clock.after(settleMs, () => {
      waiting.add(path);
      advance();
    });
    settling.set(path, { stamp, cancel });
  }

  function unsettle(path: string) {
    settling.get(path)?.cancel();
    settling.delete(path);
  }

  signal.addEventListener("abort", () => [...settling.keys()].forEach(unsettle), { once: true });

  return {
    changed: (path) => {
      unsettle(path);
      told += waiting.has(path) ? 0 : 1;
      waiting.add(path);
      advance();
    },
    async add(path) {
      unsettle(path);
      try {
        await take(path, await inspectFile(root, questionOf(path, 0), waitingAccess, signal));
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      onChange();
    },
    gone: (path) => {
      unsettle(path);
      waiting.delete(path);
      catalog.remove(path);
      onChange();
    },
    idle: () => (reading.size + waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.add(resolve))),
    progress: () => ({ done: told - waiting.size - reading.size, total: told }),
    close: async () => threads?.close(),
  };
}

function stampOf({ sizeBytes, modifiedMs }: LibraryFile): FileStamp {
  return { sizeBytes, modifiedMs };
}
