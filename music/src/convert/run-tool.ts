import { type ChildProcess, spawn } from "node:child_process";
import { readLines } from "./read-lines.js";

export interface ToolOptions {
  /** A path, or a name that is looked for on `toolPath`. */
  command: string;
  args: readonly string[];
  /** Where tools are looked for; nothing else of our environment reaches them. */
  toolPath: string;
  /** What the tool's environment has besides `PATH`. */
  env?: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
  /** A longer line is a failure. Default: 65,536 characters. */
  maxLineCharacters?: number;
  /** How the tool is asked to end; 3 s later it is made to. Default: `SIGTERM`. */
  endSignal?: "SIGTERM" | "SIGINT" | "SIGKILL";
}

/** A tool could not be started, or ended with an error. */
export class ToolError extends Error {
  override name = "ToolError";
  /** `ENOENT` when it is not installed. */
  readonly code: string;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  constructor(message: string, code: string, options: { stderr?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.stderr = options.stderr ?? "";
  }
}

/** Between asking a tool to end and making it. */
const KILL_AFTER_MS = 3_000;
const MAX_ERROR_CHARACTERS = 8_000;
const MAX_LINE_CHARACTERS = 65_536;

/**
 * A watcher in the tool's process group waits for the end of a pipe that we alone hold open, then kills the group: the tool, and
 * tools that it started, end with us, whatever ends us. The shell outlives both and waits for them, so that no zombies are left to
 * a process 1 that does not expect any.
 */
const TETHER = [
  "exec 3<&0 </dev/null",
  "(exec >/dev/null 2>&1; read -r _ <&3; kill -KILL 0) & watcher=$!",
  "trap : INT TERM",
  '"$@" 3<&-',
  "code=$?",
  "{ kill -KILL $watcher; wait $watcher; } 2>/dev/null",
  "exit $code",
].join("\n");
/** How a shell says that there is no such program, or that it may not be run. */
const NOT_STARTED: Readonly<Record<number, string>> = { 126: "EACCES", 127: "ENOENT" };

/**
 * Runs a program in a process group of its own, which is ended as a whole when the signal fires, when the program ends, and when our
 * own process does. No shell reads the arguments.
 *
 * @returns resolves when it ended with 0
 * @throws ToolError with the end of what it wrote to stderr; the signal's reason
 */
export async function runTool(options: ToolOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { command, args, toolPath, env, endSignal = "SIGTERM" } = options;
  const child = spawn("/bin/sh", ["-c", TETHER, "sh", command, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...env, PATH: toolPath },
  });
  // Writing never happens; the other end may go at any time.
  child.stdin.on("error", () => undefined);
  // What the tool started and left behind; it may still hold our pipes open.
  child.once("exit", () => kill(child, "SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-MAX_ERROR_CHARACTERS);
  });
  const failure = readOutput(child, options);
  const end = () => endGroup(child, endSignal);
  signal.addEventListener("abort", end, { once: true });
  try {
    const code = await exitCode(child);
    signal.throwIfAborted();
    if (failure.error) throw failure.error;
    if (code === 0) return;
    throw new ToolError(`${command} ended with ${code}: ${stderr.trim()}`, NOT_STARTED[code] ?? String(code), { stderr });
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Hands lines on; what fails there ends the tool. */
function readOutput(child: ChildProcess, { command, onLine, maxLineCharacters = MAX_LINE_CHARACTERS }: ToolOptions) {
  const failure: { error: Error | undefined } = { error: undefined };
  if (!child.stdout) return failure;
  const fail = (cause: unknown) => {
    failure.error ??= cause instanceof Error ? cause : new Error("reading the tool failed", { cause });
    kill(child, "SIGKILL");
  };
  const onTooLong = () => fail(new ToolError(`${command} wrote a line without end`, "EOVERFLOW"));
  const guarded = (line: string) => {
    if (failure.error) return;
    try {
      onLine(line);
    } catch (cause) {
      fail(cause);
    }
  };
  readLines(child.stdout, { maxCharacters: maxLineCharacters, onLine: guarded, onTooLong });
  return failure;
}

/** Resolves when the process is gone and its output read. */
function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new ToolError("the tool cannot be started", cause.code ?? "", { cause })),
    );
    child.once("close", (code) => resolve(code ?? -1));
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals) {
  kill(child, signal);
  const timer = setTimeout(() => kill(child, "SIGKILL"), KILL_AFTER_MS);
  child.once("close", () => clearTimeout(timer));
}

function kill({ pid }: ChildProcess, name: NodeJS.Signals) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // The group is gone already: what we wanted. EPERM: some systems say so of one that is just going.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}
