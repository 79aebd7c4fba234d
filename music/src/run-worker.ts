import { Worker } from "node:worker_threads";

/** Running from source (in tests, or in development): the thread has to learn TypeScript too. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");

export interface WorkerOptions {
  /** Given to the thread as `workerData`. */
  data: unknown;
  /** Memory the thread may take, in MiB. */
  memoryMb: number;
  /** The thread is ended after this long. */
  timeoutMs: number;
  /** Called with every message. */
  onMessage: (message: unknown) => void;
}

/**
 * Runs a module in a thread of its own until it is done.
 *
 * @param module address of the compiled module, `new URL("./x.js", import.meta.url)`
 * @returns resolves when the thread has ended by itself; rejects when it failed, took too long, or the signal fired
 */
export function runWorker(module: URL, options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { data, memoryMb, timeoutMs, onMessage } = options;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve, reject) => {
    ended.throwIfAborted();
    const worker = startWorker(module, { data, memoryMb });
    const onAbort = () => {
      reject(ended.reason);
      void worker.terminate();
    };
    ended.addEventListener("abort", onAbort, { once: true });
    worker.on("message", onMessage);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      ended.removeEventListener("abort", onAbort);
      if (code === 0) resolve();
      else reject(new Error(`the thread ended with ${code}`));
    });
  });
}

/** Starts a module in a thread of its own, which runs until it is terminated. */
export function startWorker(module: URL, { data, memoryMb }: Pick<WorkerOptions, "data" | "memoryMb">): Worker {
  return new Worker(FROM_SOURCE ? fromSource(module) : module, {
    workerData: data,
    eval: FROM_SOURCE,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
}

/** Node 20 gives a thread no loader through its options, so its first lines register one. */
function fromSource(module: URL): string {
  const file = JSON.stringify(module.href.replace(/\.js$/, ".ts"));
  return `import("tsx/esm/api").then(({ register }) => { register(); return import(${file}); })`;
}
