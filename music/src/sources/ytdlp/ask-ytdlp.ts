import type PQueue from "p-queue";
import { SourceUnavailableError } from "../../errors.js";
import type { SourceHttp } from "../../http/source-http.js";
import { MAX_LINKED_TRACKS } from "../source.js";
import { lookUpArguments } from "./arguments.js";
import type { RunTimes } from "./run-times.js";
import type { KeptProgram } from "./kept-program.js";
import type { Program } from "./program.js";
import { type Info, parseInfo } from "./read-info.js";
import { collectLines, type Run, type RunContext, runYtdlp } from "./run-ytdlp.js";
import type { Site } from "./site.js";
import { youtube } from "./youtube.js";

/** What all sites of one yt-dlp share. */
export interface YtdlpShared {
  program: KeptProgram;
  http: Pick<SourceHttp, "bytes">;
  queues: Readonly<Record<"asks" | "lookUps" | "fetches", PQueue>>;
  /** Of each queue. */
  maxWaiting: number;
  times: RunTimes;
  run: Omit<RunContext, "program" | "isYoutube">;
}

type ReadyProgram = Extract<Program, { kind: "ready" }>;

export interface SiteContext {
  site: Site;
  shared: YtdlpShared;
}

export interface Asked extends SiteContext {
  program: ReadyProgram;
  timeoutMs: number;
}

/** The one object that yt-dlp prints for a link. */
export async function lookUp(url: string, asked: Asked, signal: AbortSignal): Promise<Info> {
  const args = lookUpArguments(asked.site, url, MAX_LINKED_TRACKS, asked.program.abilities);
  const [line = ""] = await readOutput(args, { ...asked, maxLines: 1 }, signal);
  const info = parseInfo(line);
  if (!info) throw new SourceUnavailableError("the site sent nothing that can be read");
  return info;
}

export async function readOutput(
  args: readonly string[],
  asked: Asked & { maxLines: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { lines, onLine } = collectLines(asked.maxLines);
  await run({ args, onLine, timeoutMs: asked.timeoutMs, endSignal: "SIGTERM" }, asked, signal);
  return lines;
}

export function run(options: Run, asked: Asked, signal: AbortSignal): Promise<void> {
  return runYtdlp(options, runContext(asked, asked.program), signal);
}

export function runContext({ site, shared }: SiteContext, program: ReadyProgram): RunContext {
  return { ...shared.run, program, isYoutube: site === youtube };
}

/** Waits for its turn, so that a hundred listeners do not start a hundred Pythons. */
export async function inQueue<T>(
  queue: PQueue,
  { shared }: SiteContext,
  signal: AbortSignal,
  work: (program: ReadyProgram) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const program = await shared.program.get(signal);
  if (program.kind === "missing") throw new SourceUnavailableError("yt-dlp is not installed", { problem: "not_installed" });
  if (program.kind === "broken") throw new SourceUnavailableError("yt-dlp does not run", { problem: "not_installed" });
  if (queue.size >= shared.maxWaiting) throw new SourceUnavailableError("too many wait for yt-dlp already");
  // Its own signal would give a running one up before its tool has ended, and others would begin too early.
  const waiting = new AbortController();
  const leave = () => waiting.abort(signal.reason);
  const stay = () => signal.removeEventListener("abort", leave);
  signal.addEventListener("abort", leave, { once: true });
  const begin = () => {
    stay();
    return work(program);
  };
  return queue.add(begin, { signal: waiting.signal }).finally(stay);
}
