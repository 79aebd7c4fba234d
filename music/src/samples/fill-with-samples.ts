import { access, readdir, rm, writeFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { join } from "node:path";
import type { Logger } from "@refrain/mesh";
import { runWorker } from "../run-worker.js";
import { PIECES } from "./pieces.js";
import { sampleFileName } from "./sample-file-name.js";

export interface FillOptions {
  /** Existing folder of the library. */
  folder: string;
  /** Called with the name of every sample in the folder as soon as its file is complete. */
  onSample: (name: string) => Promise<void>;
  logger: Logger;
}

/** Lies in the folder while samples are being made: a start after a crash goes on where the last one stopped. */
const MARKER = ".samples-unfinished";
const MEMORY_MB = 512;
const TIMEOUT_MS = 300_000;

/**
 * Fills an empty folder with sample tracks, in a thread beside. Leaves every other folder alone.
 *
 * @returns resolves when they are all there, at once when there is nothing to do; rejects when the signal fires
 */
export async function fillWithSamples({ folder, onSample, logger }: FillOptions, signal: AbortSignal): Promise<void> {
  const pieces = await missingPieces(folder);
  if (pieces.length === 0) return;
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  logger.info({ tracks: pieces.length }, "library is empty: making sample tracks");
  const announced: Promise<void>[] = [];
  const onMessage = (name: unknown) => {
    logger.info({ file: name, done: announced.length + 1, of: pieces.length, seconds: seconds() }, "sample track made");
    announced.push(onSample(String(name)));
  };
  try {
    await writeFile(join(folder, MARKER), "");
    const module = new URL("./sample-worker.js", import.meta.url);
    await runWorker(module, { data: { folder, pieces }, memoryMb: MEMORY_MB, timeoutMs: TIMEOUT_MS, onMessage }, signal);
    await Promise.all(announced);
    await rm(join(folder, MARKER), { force: true });
  } catch (error) {
    signal.throwIfAborted();
    // Read-only, or full: the service works without samples.
    logger.warn({ err: error }, "sample tracks could not be made");
    return;
  }
  logger.info({ tracks: pieces.length, seconds: seconds() }, "sample tracks are ready");
}

/** Numbers of the pieces to make: none when the folder holds somebody's files. */
async function missingPieces(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  const isOurs = await access(join(folder, MARKER)).then(
    () => true,
    () => false, // not there: the usual case
  );
  if (!isOurs && names.some((name) => !name.startsWith("."))) return [];
  return PIECES.flatMap((piece, number) => (names.includes(sampleFileName(piece)) ? [] : [number]));
}
