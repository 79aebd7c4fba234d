import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Worker } from "node:worker_threads";
import { startWorker } from "./run-worker.js";

/** What the thread is asked. */
export interface HashQuestion {
  id: number;
  path: string;
}

/** What it answers. */
export interface HashAnswer {
  id: number;
  sha256?: string;
  error?: unknown;
}

interface Waiter {
  resolve(sha256: string): void;
  reject(error: unknown): void;
}

/** Larger files take long enough to be worth a thread. */
const THREAD_FROM_BYTES = 8 * 1024 ** 2;
const MEMORY_MB = 64;
/** A thread that nobody has asked for so long ends. */
const IDLE_MS = 30_000;

let thread: { worker: Worker; waiters: Map<number, Waiter>; idle: NodeJS.Timeout } | undefined;
let lastId = 0;

/**
 * SHA-256 of a file, 64 lower-case hexadecimal digits. Memory does not depend on its size; large ones are read by a thread of their
 * own, so that calls go on being answered.
 */
export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  signal.throwIfAborted();
  if (size >= THREAD_FROM_BYTES) return askThread(path, signal);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

/** Does not stop the thread when the signal fires: it is done within a second, and others wait for it. */
function askThread(path: string, signal: AbortSignal): Promise<string> {
  const { worker, waiters, idle } = (thread ??= startThread());
  idle.refresh();
  const id = ++lastId;
  const question: HashQuestion = { id, path };
  return new Promise<string>((resolve, reject) => {
    const onAbort = () => settle(() => reject(signal.reason));
    const settle = (end: () => void) => {
      signal.removeEventListener("abort", onAbort);
      if (waiters.delete(id) && waiters.size === 0) worker.unref();
      end();
    };
    waiters.set(id, {
      resolve: (sha256) => settle(() => resolve(sha256)),
      reject: (error) => settle(() => reject(error)),
    });
    signal.addEventListener("abort", onAbort, { once: true });
    worker.ref();
    worker.postMessage(question);
  });
}

function startThread() {
  const worker = startWorker(new URL("./hash-worker.js", import.meta.url), { data: undefined, memoryMb: MEMORY_MB });
  const waiters = new Map<number, Waiter>();
  const end = (error: unknown) => {
    clearTimeout(idle);
    if (thread?.worker === worker) thread = undefined;
    for (const waiter of waiters.values()) waiter.reject(error);
  };
  const idle = setTimeout(() => {
    if (waiters.size > 0) return void idle.refresh();
    end(undefined);
    void worker.terminate();
  }, IDLE_MS).unref();
  worker.unref();
  worker.on("message", ({ id, sha256, error }: HashAnswer) => {
    if (sha256 === undefined) waiters.get(id)?.reject(error);
    else waiters.get(id)?.resolve(sha256);
  });
  worker.on("error", end);
  worker.on("exit", () => end(new Error("the thread that hashes files has ended")));
  return { worker, waiters, idle };
}
