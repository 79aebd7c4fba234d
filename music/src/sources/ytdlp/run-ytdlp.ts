import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, ToolError } from "../../convert/run-tool.js";
import { SourceUnavailableError } from "../../errors.js";
import type { GuardProxy } from "../../guard/guard-proxy.js";
import { explainFailure } from "./explain-failure.js";
import type { Program } from "./program.js";

export interface RunContext {
  program: Program;
  path: string;
  toolPath: string;
  /** The only way out that the tool knows. */
  proxy: Pick<GuardProxy, "openSession">;
  /** Cookies in Netscape's format. */
  cookiesFile: string | undefined;
  /** Added to the environment. */
  env: Readonly<Record<string, string>>;
  isYoutube: boolean;
}

export interface Run {
  args: readonly string[];
  onLine: (line: string) => void;
  /** It is stopped after so long. */
  timeoutMs: number;
  /** `SIGINT` lets it put its parts in order. */
  endSignal: "SIGTERM" | "SIGINT";
}

/** A list of a hundred tracks has 200,000 characters, a track with all its formats a million. */
const MAX_LINE_CHARACTERS = 8_000_000;

/**
 * Runs yt-dlp once, with nothing of our environment, and no way out but the guarded one.
 *
 * @throws as the methods of `Source`
 */
export async function runYtdlp(
  { args, onLine, timeoutMs, endSignal }: Run,
  context: RunContext,
  signal: AbortSignal,
): Promise<void> {
  const { path, toolPath, proxy, env } = context;
  const session = proxy.openSession();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    await withCookies(context.cookiesFile, async (cookies) => {
      const tool = { command: path, args: [...cookies, ...args], toolPath, env: { ...environment(session.url), ...env } };
      await runTool({ ...tool, onLine, maxLineCharacters: MAX_LINE_CHARACTERS, endSignal }, AbortSignal.any([signal, deadline]));
    });
  } catch (cause) {
    signal.throwIfAborted();
    if (deadline.aborted) throw new SourceUnavailableError("the site did not answer in time", { cause, problem: "timeout" });
    throw explainFailure(cause, { ...context, wasBlocked: session.blocked() > 0 });
  } finally {
    session.close();
  }
}

/** Every scheme that Python knows a proxy for, so that none is asked directly; `all_proxy` is for builds that know more. */
function environment(proxyUrl: string): Record<string, string> {
  const proxies = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"].map((name) => [name, proxyUrl]);
  return { LANG: "C.UTF-8", ...Object.fromEntries(proxies) };
}

/** yt-dlp writes its cookies back at its end. Runs beside each other, or a file that is not ours to write, need copies. */
async function withCookies(file: string | undefined, run: (args: readonly string[]) => Promise<void>): Promise<void> {
  if (file === undefined) return run([]);
  const folder = await mkdtemp(join(tmpdir(), "refrain-cookies-"));
  try {
    const copy = join(folder, "cookies.txt");
    await copyFile(file, copy).catch((cause: unknown) => {
      throw new SourceUnavailableError("the file of cookies cannot be read", { cause });
    });
    await run(["--cookies", copy]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Collects lines, within a bound. */
export function collectLines(maxLines: number): { lines: string[]; onLine: (line: string) => void } {
  const lines: string[] = [];
  let characters = 0;
  return {
    lines,
    onLine(line) {
      characters += line.length;
      if (lines.length >= maxLines || characters > 2 * MAX_LINE_CHARACTERS)
        throw new ToolError("yt-dlp wrote too much", "EOVERFLOW");
      lines.push(line);
    },
  };
}
