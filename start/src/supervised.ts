import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Output } from "./output.js";
import type { Process } from "./plan.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TETHER = new URL("./tether.js", import.meta.url).href;

/** A service that ran so long was well: its next crash starts counting anew. */
const WELL_MS = 30_000;
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 30_000;

/** One service: its process, and the next one when that crashed. */
export class Supervised {
  readonly #process: Process;
  readonly #output: Output;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #ready = false;

  constructor(process: Process, output: Output) {
    this.#process = process;
    this.#output = output;
  }

  /** Starts it. True once it serves; false when its first start failed. After that, it is restarted for ever. */
  start(): Promise<boolean> {
    return new Promise((answer) => {
      this.#ended = this.#keepRunning(() => answer(true)).then(() => answer(this.#ready));
    });
  }

  /** Asks it to end, and makes it end after `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopping.abort();
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), ms);
    await this.#ended;
    clearTimeout(timer);
  }

  async #keepRunning(onReady: () => void): Promise<void> {
    for (let crashes = 0; ; crashes++) {
      const startedAt = Date.now();
      const end = await this.#run(onReady);
      if (this.#stopping.signal.aborted || !this.#ready) return;
      if (Date.now() - startedAt > WELL_MS) crashes = 0;
      const backoffMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** crashes) * (0.8 + 0.4 * Math.random());
      this.#output.event(this.#process.name, "warn", `ended with ${end}; starting it again in ${Math.round(backoffMs)} ms`);
      await wait(backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => {}); // stopped while waiting
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** One life of the process. Says how it ended. */
  #run(onReady: () => void): Promise<string> {
    const { name, entry, env } = this.#process;
    const args = ["--enable-source-maps", "--import", TETHER, entry];
    // A group of its own, so that Ctrl-C reaches only us and we end everybody in order.
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...env }, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    child.stdin.on("error", () => {}); // the pipe only tells it that we live
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (this.#output.line(name, line) === "ready") {
        this.#ready = true;
        onReady();
      }
    });
    createInterface({ input: child.stderr }).on("line", (line) => this.#output.event(name, "error", line));
    return new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child ?? {};
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal); // its whole group
    } catch {
      // It ended in this very moment.
    }
  }
}
