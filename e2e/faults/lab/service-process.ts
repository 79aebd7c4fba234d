import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { until } from "@refrain/mesh/testing";
import { ROOT } from "../../src/refrain.js";

/** It serves by then, even on a busy machine. */
const READY_MS = 60_000;
const STOP_MS = 60_000;

export type ServiceName = "music" | "storage" | "bot" | "playground";
export type Settings = Readonly<Record<string, string>>;

type Addresses = Readonly<Record<string, string>>;

/** One service as it is run: a process of its own, that can be killed, frozen and started again with the same settings. */
export class ServiceProcess {
  readonly name: ServiceName;
  readonly #settings: Settings;
  readonly #entry: string;
  /** Everything it has said, over all its starts. */
  readonly lines: string[] = [];
  #child: ChildProcess | undefined;
  #addresses: Addresses | undefined;

  /** @param entry what is run, from the root; default: what the service's image runs */
  constructor(name: ServiceName, settings: Settings, entry = `${name}/dist/main.js`) {
    this.name = name;
    this.#settings = settings;
    this.#entry = entry;
  }

  /** Starts it, and waits until it is ready. */
  async start(): Promise<this> {
    this.#addresses = undefined;
    const child = spawn(process.execPath, ["--enable-source-maps", this.#entry], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...this.#settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on("line", (line) => this.#read(line));
    await until(() => this.#addresses !== undefined || !this.running, READY_MS).catch(() => {}); // told below, with what it said
    if (!this.#addresses) throw new Error(`${this.name} did not get ready:\n${this.lines.join("\n")}`);
    return this;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** True: it runs, and has said that it is ready. */
  get isReady(): boolean {
    return this.running && this.#addresses !== undefined;
  }

  /** `host:port` of one of its doors: grpc, http, ops; the playground's is `page`. Of its last start, when it does not run. */
  address(door: string): string {
    const address = this.#addresses?.[door]?.replace(/^http:\/\//, "");
    if (!address) throw new Error(`${this.name} has no door ${door}`);
    return address;
  }

  /** Kills it at once, as a crash or the system would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end, and answers with its exit code or the signal that ended it. */
  stop(): Promise<number | string | null> {
    return this.#end("SIGTERM");
  }

  /** It keeps its connections and says nothing any more. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Text of its metrics. */
  async metrics(): Promise<string> {
    const response = await fetch(`http://${this.address("ops")}/metrics`, { signal: AbortSignal.timeout(5_000) });
    return response.text();
  }

  /** For the end of this process, which waits for nothing. */
  killNow(): void {
    this.#child?.kill("SIGKILL");
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<number | string | null> {
    const child = this.#child;
    if (!child || !this.running) return null;
    const gone = once(child, "exit", { signal: AbortSignal.timeout(STOP_MS) });
    child.kill(signal);
    child.kill("SIGCONT"); // a frozen one would not notice
    await gone;
    return child.signalCode ?? child.exitCode;
  }

  #read(line: string): void {
    this.lines.push(line);
    if (!line.includes('"msg":"ready"')) return;
    this.#addresses = (JSON.parse(line) as { addresses: Addresses }).addresses;
  }
}
