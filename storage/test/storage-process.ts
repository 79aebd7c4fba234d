import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TEST_KEY } from "@refrain/mesh/testing";

const STORAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(STORAGE);
const START_MS = 60_000;

/** Storage as it is run: a process of its own. */
export interface StorageProcess {
  readonly pid: number;
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** Ends it and waits until it is gone. */
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<{ code: number | null; stderr: string }>;
}

/** Variables on top of free ports, a key and no wait at the end. */
export type Settings = Readonly<Record<string, string>>;

/** Starts storage and waits until it is ready. */
export async function startStorage(settings: Settings): Promise<StorageProcess> {
  const running = run(settings);
  const addresses = await Promise.race([readAddresses(running.child), running.exited.then(failedStart)]);
  const { pid } = running.child;
  if (pid === undefined) throw new Error("storage has no process id");
  return {
    pid,
    grpcAddress: addresses["grpc"] ?? "",
    httpAddress: addresses["http"] ?? "",
    kill: (signal) => {
      running.child.kill(signal);
      return running.exited;
    },
  };
}

/** How a process ended, and all that it wrote. */
export interface Ending {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

/** Starts storage and waits for its end, for a start that cannot work. */
export async function failToStart(settings: Settings): Promise<Ending> {
  return runCommand([], settings);
}

/** Runs one of storage's commands to its end. */
export async function runCommand(args: readonly string[], settings: Settings): Promise<Ending> {
  return startCommand(args, settings).ended;
}

/** A command that is on its way. */
export interface RunningCommand {
  readonly ended: Promise<Ending>;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
}

/** Starts one of storage's commands. */
export function startCommand(args: readonly string[], settings: Settings): RunningCommand {
  const { child, exited } = run(settings, args);
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  const ended = exited.then((exit) => ({ ...exit, stdout })).finally(() => clearTimeout(timer));
  return { ended, kill: (signal) => child.kill(signal) };
}

function run(settings: Settings, args: readonly string[] = []) {
  const env = {
    PATH: process.env["PATH"],
    STORAGE_API_KEYS: `test:${TEST_KEY}`,
    STORAGE_PORT: "0",
    STORAGE_HTTP_PORT: "0",
    STORAGE_OPS_PORT: "0",
    STOP_GRACE_MS: "0",
    ...settings,
  };
  const child = spawn(process.execPath, [...entryPoint(), ...args], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exited = once(child, "close").then(() => ({ code: child.exitCode, stderr }));
  return { child, exited };
}

/** What was built, when it is newer than the sources; else the sources themselves, which start more slowly. */
function entryPoint(): string[] {
  const built = join(STORAGE, "dist/main.js");
  const isFresh = newest(join(STORAGE, "src"), ".ts") < newest(join(STORAGE, "dist"), ".js");
  const isMeshFresh = newest(join(ROOT, "mesh/src"), ".ts") < newest(join(ROOT, "mesh/dist"), ".js");
  if (isFresh && isMeshFresh) return ["--enable-source-maps", built];
  return ["--import", "tsx", "--conditions=@refrain/source", join(STORAGE, "src/main.ts")];
}

/** Time of the last change of a kind of file in a folder, generated and test files aside; 0 when there is none. */
function newest(folder: string, ending: string): number {
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    // Not built yet.
    return 0;
  }
  const files = entries.filter((name) => name.endsWith(ending) && !name.startsWith("generated") && !name.includes(".test."));
  return Math.max(0, ...files.map((name) => statSync(join(folder, name)).mtimeMs));
}

/** Reads on after the line it waits for: a process whose output nobody reads comes to a stop. */
function readAddresses(child: ChildProcess): Promise<Record<string, string>> {
  const { stdout } = child;
  if (stdout === null) throw new Error("storage has no output");
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const entry = JSON.parse(line) as { msg?: string; addresses?: Record<string, string> };
      if (entry.msg === "ready") resolve(entry.addresses ?? {});
    });
  });
}

function failedStart({ code, stderr }: { code: number | null; stderr: string }): never {
  throw new Error(`storage ended with ${code}: ${stderr}`);
}
