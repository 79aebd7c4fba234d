import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** No answer of a child takes longer. */
const ANSWER_MS = 120_000;

/** A process of the benchmark that answers messages one by one. It ends with its parent. */
export class Child {
  readonly #process: ChildProcess;

  /** @param core number of the one core it may run on; undefined: all of them */
  constructor(script: string, args: readonly string[], core?: number) {
    const pinned = core === undefined ? {} : { execPath: "taskset", execArgv: ["--cpu-list", String(core), process.execPath] };
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), args, pinned);
  }

  /** The next message it sends. */
  async answer<T>(): Promise<T> {
    const answered = new AbortController();
    const signal = AbortSignal.any([answered.signal, AbortSignal.timeout(ANSWER_MS)]);
    const died = once(this.#process, "exit", { signal }).then(([code]) => {
      throw new Error(`a process of the benchmark ended with ${String(code)}`);
    });
    try {
      const [message] = await Promise.race([once(this.#process, "message", { signal }), died]);
      return message as T; // both ends are ours
    } finally {
      answered.abort();
      await died.catch(() => {}); // no longer waited for
    }
  }

  ask<T>(message: unknown): Promise<T> {
    const answer = this.answer<T>();
    this.#process.send(message as string);
    return answer;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  stop(): void {
    this.#process.disconnect();
  }

  /** Resolves when it has ended, after `stop`. */
  async ended(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
  }
}
