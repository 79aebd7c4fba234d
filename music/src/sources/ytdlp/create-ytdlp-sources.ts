import PQueue from "p-queue";
import type { Logger } from "@refrain/mesh";
import type { GuardProxy } from "../../guard/guard-proxy.js";
import type { SourceHttp } from "../../http/source-http.js";
import type { Source } from "../source.js";
import { findProgram } from "./program.js";
import { readNamedExtractor, namedSites } from "./named-extractors.js";
import { createKeptProgram } from "./kept-program.js";
import type { Site } from "./site.js";
import { soundcloud } from "./soundcloud.js";
import type { RunTimes } from "./run-times.js";
import { createYtdlpSource } from "./ytdlp-source.js";
import { youtube } from "./youtube.js";

export interface YtdlpOptions {
  /** A path, or a name that is looked for on `toolPath`. */
  path: string;
  /** Where yt-dlp, ffmpeg and JavaScript runtimes are looked for. */
  toolPath: string;
  /** What all of yt-dlp's traffic goes through. */
  proxy: Pick<GuardProxy, "openSession">;
  /** For covers and short links. */
  http: Pick<SourceHttp, "bytes">;
  /** Sites whose links are taken besides, such as `bandcamp=*.bandcamp.com`. */
  extractors?: readonly string[];
  /** Cookies in Netscape's format; it is only read. */
  cookiesFile?: string | undefined;
  logger: Logger;
  /** Runs at once; more wait. */
  runs?: Partial<RunLimits>;
  times?: Partial<RunTimes>;
  /** Milliseconds since 1970. Default: the clock of the machine. */
  now?: () => number;
  /** Added to yt-dlp's environment, for tests: no setting leads here. Then neither the build's age nor a missing runtime counts. */
  env?: Readonly<Record<string, string>>;
}

export interface RunLimits {
  /** Searches and lists. Default: 4. */
  asks: number;
  /** Look-ups that fetches begin with, apart, so that neither waits for the other. Default: 4. */
  lookUps: number;
  /** Default: 16; what asks for them has bounds of its own. */
  fetches: number;
  /** Of each kind, that wait. Default: 100. */
  waiting: number;
}

const RUNS: RunLimits = { asks: 4, lookUps: 4, fetches: 16, waiting: 100 };
const TIMES: RunTimes = { ask: 30_000, entries: 11_000, lookUp: 60_000, fetch: 3_600_000, stall: 60_000 };

/**
 * The sources that yt-dlp reaches: `yt`, `sc`, and `web` where the operator names more sites. Does not wait for yt-dlp: whether it
 * is there, and what for, is their state.
 *
 * @throws TypeError for an entry of `extractors` that is none
 */
export async function createYtdlpSources(options: YtdlpOptions): Promise<Source[]> {
  const { path, toolPath, proxy, http, logger, cookiesFile, extractors = [], now = Date.now, env = {} } = options;
  const limits = { ...RUNS, ...options.runs };
  const named = extractors.map(readNamedExtractor);
  const sites: Site[] = named.length > 0 ? [youtube, soundcloud, namedSites(named)] : [youtube, soundcloud];
  const program = createKeptProgram(
    (signal) => findProgram({ path, toolPath, now, forTests: options.env !== undefined }, signal),
    { now, logger },
  );
  const queueOf = (concurrency: number) => new PQueue({ concurrency });
  const queues = { asks: queueOf(limits.asks), lookUps: queueOf(limits.lookUps), fetches: queueOf(limits.fetches) };
  const shared = {
    program,
    http,
    queues,
    maxWaiting: limits.waiting,
    times: { ...TIMES, ...options.times },
    run: { path, toolPath, proxy, cookiesFile, env },
  };
  return sites.map((site) => createYtdlpSource(site, shared));
}
