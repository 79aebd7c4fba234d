import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runTool, ToolError } from "../../convert/run-tool.js";
import type { Abilities } from "./arguments.js";

/** What is known of yt-dlp on this machine. */
export type Program =
  | {
      readonly kind: "ready";
      readonly version: string;
      readonly tooOld: boolean;
      readonly needsJs: boolean;
      readonly abilities: Abilities;
    }
  | { readonly kind: "missing" }
  /** It is there, but does not run. */
  | { readonly kind: "broken" };

export interface FindProgramOptions {
  /** A path, or a name that is looked for on `toolPath`. */
  path: string;
  toolPath: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The site is not the real one: any build will do, without a JavaScript runtime. */
  forTests?: boolean;
}

/** YouTube changes more often than that. */
export const TOO_OLD_MONTHS = 6;
const MONTH_MS = 30.4 * 24 * 3_600_000;
const VERSION_TIMEOUT_MS = 20_000;
/** Builds that know `--js-runtimes` need a runtime for YouTube. */
const JS_RUNTIMES_SINCE = "2025.11.12";
const PROGRESS_DELTA_SINCE = "2024.07.01";
const NODE_MAJOR = 22;

/** Asks yt-dlp for its version, and looks for a JavaScript runtime. Takes half a second: Python starts. */
export async function findProgram(
  { path, toolPath, now, forTests = false }: FindProgramOptions,
  signal: AbortSignal,
): Promise<Program> {
  let version = "";
  const limit = AbortSignal.any([signal, AbortSignal.timeout(VERSION_TIMEOUT_MS)]);
  const onLine = (line: string) => {
    version ||= line.trim();
  };
  try {
    await runTool({ command: path, args: ["--ignore-config", "--version"], toolPath, env: { LANG: "C.UTF-8" }, onLine }, limit);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: error instanceof ToolError && error.code === "ENOENT" ? "missing" : "broken" };
  }
  const [date] = /^\d{4}\.\d{2}\.\d{2}/.exec(version) ?? [];
  if (date === undefined) return { kind: "broken" };
  const knowsJs = date >= JS_RUNTIMES_SINCE;
  const runtime = knowsJs ? await findJsRuntime(toolPath) : undefined;
  return {
    kind: "ready",
    version: date,
    tooOld: !forTests && now() - Date.parse(date.replaceAll(".", "-")) > TOO_OLD_MONTHS * MONTH_MS,
    needsJs: !forTests && knowsJs && runtime === undefined,
    abilities: { jsRuntime: runtime === "deno" ? undefined : runtime, progressDelta: date >= PROGRESS_DELTA_SINCE },
  };
}

/** Deno is found by yt-dlp itself; Node has to be named. */
async function findJsRuntime(toolPath: string): Promise<string | undefined> {
  if (await isOnPath("deno", toolPath)) return "deno";
  return Number.parseInt(process.versions.node, 10) >= NODE_MAJOR ? `node:${process.execPath}` : undefined;
}

async function isOnPath(name: string, toolPath: string): Promise<boolean> {
  for (const folder of toolPath.split(delimiter)) {
    const found = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false, // not there, or not for us: the same
    );
    if (found) return true;
  }
  return false;
}
