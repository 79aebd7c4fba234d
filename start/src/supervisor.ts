import type { Output } from "./output.js";
import type { Process } from "./plan.js";
import { Supervised } from "./supervised.js";

/** Everything has ended by then. */
const STOP_MS = 4_500;

/** Runs services together, and ends them together. */
export class Supervisor {
  readonly #output: Output;
  readonly #services: Supervised[] = [];
  #stopping: Promise<number> | undefined;
  #failed = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** True when all services serve; false as soon as one could not start, or a stop came first. */
  async start(plan: readonly Process[]): Promise<boolean> {
    const started = new Map<string, Promise<boolean>>();
    for (const process of plan) started.set(process.name, this.#startOne(process, started.get(process.after ?? "")));
    const all = await firstFalse([...started.values()]);
    this.#failed = !all && !this.#stopping;
    return all && !this.#stopping;
  }

  /** Ends everything within 5 s. Answers with the exit code: 0, or 1 after a start that failed. */
  stop(why: string): Promise<number> {
    this.#stopping ??= this.#stop(why);
    return this.#stopping;
  }

  async #startOne(process: Process, before: Promise<boolean> = Promise.resolve(true)): Promise<boolean> {
    if (!(await before) || this.#stopping) return false;
    const service = new Supervised(process, this.#output);
    this.#services.push(service);
    return service.start();
  }

  async #stop(why: string): Promise<number> {
    this.#output.event("start", "info", `${why}: stopping`);
    // Whoever calls the others goes first, so that its last calls are still answered.
    const [last, ...others] = this.#services.toReversed();
    await last?.stop(STOP_MS / 2);
    await Promise.all(others.map((service) => service.stop(STOP_MS / 2)));
    this.#output.event("start", "info", "stopped");
    return this.#failed ? 1 : 0;
  }
}

/** Resolves with false as soon as one is false, with true when all are true. */
function firstFalse(answers: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve) => {
    for (const answer of answers) void answer.then((ok) => ok || resolve(false));
    void Promise.all(answers).then((all) => resolve(!all.includes(false)));
  });
}
