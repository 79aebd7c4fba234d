import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { startWorker } from "../../run-worker.js";
import type { Inspection, Question } from "./inspect-file.js";

/** Threads that read files, so that the one that answers calls does not. */
export interface ReaderThreads {
  /** Threads that have nothing to do. */
  idle(): number;
  /** Rejects when the thread failed or took too long: one of the files is not worth it. */
  read(questions: readonly Question[]): Promise<Inspection[]>;
  close(): Promise<void>;
}

/** More would only wait for the disk. */
const MAX_THREADS = 4;
/** A thread that holds a picture or two and a few parsed tags. */
const MEMORY_MB = 256;
/** A batch that takes longer holds a file that is not worth it. */
const BATCH_TIMEOUT_MS = 60_000;

/** @param root real path of the folder */
export function createReaderThreads(root: string): ReaderThreads {
  const free = Array.from({ length: Math.min(MAX_THREADS, availableParallelism()) }, () => start(root));
  const busy = new Set<Worker>();

  return {
    idle: () => free.length,
    async read(questions) {
      const worker = free.pop();
      if (!worker) throw new Error("no thread is free");
      busy.add(worker);
      try {
        const answer = await ask(worker, questions);
        free.push(worker);
        return answer;
      } catch (error) {
        await worker.terminate();
        free.push(start(root));
        throw error;
      } finally {
        busy.delete(worker);
      }
    },
    async close() {
      await Promise.all([...free.splice(0), ...busy].map((worker) => worker.terminate()));
    },
  };
}

function start(root: string): Worker {
  const worker = startWorker(new URL("./read-worker.js", import.meta.url), { data: root, memoryMb: MEMORY_MB });
  worker.unref();
  // Also while nobody asks it: without a listener an error would end the process.
  worker.on("error", () => {});
  return worker;
}

function ask(worker: Worker, questions: readonly Question[]): Promise<Inspection[]> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
      settle();
    };
    const onMessage = (answer: Inspection[]) => end(() => resolve(answer));
    const onEnd = () => end(() => reject(new Error("the thread that reads files has ended")));
    const timer = setTimeout(() => end(() => reject(new Error("reading took too long"))), BATCH_TIMEOUT_MS);
    worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
    worker.postMessage(questions);
  });
}
