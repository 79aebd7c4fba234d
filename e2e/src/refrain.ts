import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "@refrain/mesh/testing";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Everything is ready by then, even on a busy machine with the tests of other files beside it. */
const READY_MS = 90_000;

const PORTS = ["MUSIC", "STORAGE", "BOT"]
  .flatMap((name) => [`${name}_PORT`, `${name}_HTTP_PORT`, `${name}_OPS_PORT`])
  .concat("PLAYGROUND_PORT");

/** Ports that tests may have, below those that systems give to outgoing connections. Each test process has a range of its own. */
const FIRST_PORT = 20_000;
const RANGE = 1_000;
let nextPort = FIRST_PORT + (Number(process.env.VITEST_POOL_ID ?? 0) % 10) * RANGE;

/** Ports that no other start of this run has. */
export function ownPorts(): Record<string, string> {
  return Object.fromEntries(PORTS.map((name) => [name, String(nextPort++)]));
}

/** A running `npm start`, seen from outside: its process, what it prints, and where its services are. */
export class Refrain {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly lines: string[] = [];
  #exit: number | string | undefined;

  constructor(process: ChildProcess, folder: string) {
    this.process = process;
    this.folder = folder;
    for (const stream of [process.stdout, process.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.lines.push(line));
    }
    process.once("exit", (code, signal) => (this.#exit = signal ?? code ?? 0));
  }

  /** Exit code or signal; undefined while it runs. */
  get exit(): number | string | undefined {
    return this.#exit;
  }

  get output(): string {
    return this.lines.join("\n");
  }

  /** Resolves when everything serves. Throws with what it printed when it does not. */
  async ready(): Promise<this> {
    await until(() => this.output.includes("Refrain is ready") || this.#exit !== undefined, READY_MS).catch(() => {});
    if (!this.output.includes("Refrain is ready")) throw new Error(`Refrain did not get ready:\n${this.output}`);
    return this;
  }

  /** `host:port` of a service's door, as its ready line says: grpc, http or ops. */
  address(service: string, door: string): string {
    const line = this.lines.findLast((text) => text.includes(` ${service} `) && text.includes("ready  addresses="));
    const found = new RegExp(`${door} (?:http://)?([^, ]+)`).exec(line?.split("addresses=")[1] ?? "")?.[1];
    if (!found) throw new Error(`${service} has not told its ${door} address:\n${this.output}`);
    return found;
  }

  get page(): string {
    return `http://${this.address("playground", "page")}`;
  }

  async key(service: "music" | "storage"): Promise<string> {
    return (await readFile(join(this.folder, "keys", `${service}.key`), "utf8")).trim();
  }

  /** Ends it, and answers with its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string | undefined> {
    if (this.#exit === undefined) this.process.kill(signal);
    await until(() => this.#exit !== undefined, 15_000);
    return this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Three tracks that are there at once; without it the first start makes samples, which takes a while. */
const LIBRARY = join(ROOT, "e2e/fixtures/library");

/** Runs what `npm start` runs, in a folder and on ports of its own, over a library of three tracks. */
export async function startRefrain(env: Readonly<Record<string, string>> = {}): Promise<Refrain> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-e2e-"));
  const child = spawn(process.execPath, ["--enable-source-maps", "start/dist/main.js"], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: folder,
      MUSIC_LIBRARY_DIR: LIBRARY,
      MUSIC_SOURCES: "library",
      ...ownPorts(),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Refrain(child, folder);
}
