import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ToolOptions {
  command: string;
  args: readonly string[];
  /** Where tools are looked for; nothing else of our environment reaches them. */
  toolPath: string;
  onLine: (line: string) => void;
}

/** A tool could not be started, or ended with an error. */
export class ToolError extends Error {
  override name = "ToolError";
  /** `ENOENT` when it is not installed. */
  readonly code: string;
  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Between asking a tool to end and making it. */
const KILL_AFTER_MS = 3_000;
const MAX_ERROR_CHARACTERS = 2_000;

/**
 * Runs a program without a shell, in a process group of its own, which is ended as a whole when the signal fires.
 *
 * @returns resolves when it ended with 0
 * @throws ToolError with the end of what it wrote to stderr; the signal's reason
 */
export async function runTool({ command, args, toolPath, onLine }: ToolOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], env: { PATH: toolPath } });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-MAX_ERROR_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  const end = () => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  try {
    const code = await exitCode(child);
    signal.throwIfAborted();
    if (code !== 0) throw new ToolError(`${command} ended with ${code}: ${stderr.trim()}`, String(code));
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Resolves when the process is gone and its output read. */
function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new ToolError("the tool cannot be started", cause.code ?? "", cause)),
    );
    child.once("close", (code) => resolve(code ?? -1));
  });
}

function endGroup(child: ChildProcess) {
  kill(child, "SIGTERM");
  const timer = setTimeout(() => kill(child, "SIGKILL"), KILL_AFTER_MS);
  child.once("close", () => clearTimeout(timer));
}

function kill({ pid }: ChildProcess, name: NodeJS.Signals) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // The group is gone already: what we wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
