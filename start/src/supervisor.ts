import type { Output } from "./output.js";
import type { Plan } from "./plan.js";
import { Supervised } from "./supervised.js";

/** Everything has ended by then. */
const STOP_MS = 4_500;

/** Runs the services of a plan, stage by stage, and ends them in reverse. */
export class Supervisor {
  readonly #output: Output;
  readonly #stages: Supervised[][] = [];
  #stopping: Promise<number> | undefined;
  #failed = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** True when all services serve; false when one could not start, or a stop came first. */
  async start(plan: Plan): Promise<boolean> {
    for (const processes of plan) {
      if (this.#stopping) return false;
      const stage = processes.map((process) => new Supervised(process, this.#output));
      this.#stages.push(stage);
      if (!(await allStarted(stage))) {
        this.#failed = !this.#stopping;
        return false;
      }
    }
    return !this.#stopping;
  }

  /** Ends everything within 5 s. Answers with the exit code: 0, or 1 after a start that failed. */
  stop(why: string): Promise<number> {
    this.#stopping ??= this.#stop(why);
    return this.#stopping;
  }

  async #stop(why: string): Promise<number> {
    this.#output.event("start", "info", `${why}: stopping`);
    const end = Date.now() + STOP_MS;
    const stages = this.#stages.toReversed();
    for (const [index, stage] of stages.entries()) {
      const shareMs = Math.max(50, (end - Date.now()) / (stages.length - index));
      await Promise.all(stage.map((service) => service.stop(shareMs)));
    }
    this.#output.event("start", "info", "stopped");
    return this.#failed ? 1 : 0;
  }
}

/** True when all serve; false as soon as one could not start. */
function allStarted(stage: readonly Supervised[]): Promise<boolean> {
  return new Promise((answer) => {
    const starts = stage.map(async (service) => {
      const started = await service.start();
      if (!started) answer(false);
      return started;
    });
    void Promise.all(starts).then(() => answer(true));
  });
}
