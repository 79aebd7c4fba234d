import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import {
  createLogger,
  type Logger,
  mount,
  openRedis,
  type Redis,
  serve,
  StartError,
  type StartedService,
  startTracing,
  traceRoute,
} from "@refrain/mesh";
import type { Config } from "./config.js";
import { findConverter } from "./convert/converter.js";
import { openDownloads } from "./downloads/open-downloads.js";
import { toConnectError } from "./errors.js";
import { type Files, openFiles } from "./files/open-files.js";
import { readHealth } from "./health.js";
import { createLimits } from "./limits.js";
import { routes } from "./routes.js";
import { fillWithSamples } from "./samples/fill-with-samples.js";
import { openConfiguredLibrary } from "./sources/library/configured-library.js";
import type { Library } from "./sources/library/library.js";
import { openSources } from "./sources/open-sources.js";
import type { SourceOverrides } from "./sources/source-overrides.js";

/** A file of the library has to stay the same for so long before it is read. */
const SETTLE_MS = 1_500;
/** Samples cost a core for seconds: whatever starts beside music on the same machine goes first. */
const SAMPLES_AFTER_MS = 2_500;
/** ffmpeg is asked for its version at start, which takes seconds only where everything does. */
const FIND_CONVERTER_MS = 20_000;

/**
 * Builds music from its settings and serves it.
 *
 * @param overrides for tests: where sources are, and what they may reach
 */
export async function startMusic(
  config: Config,
  logger: Logger = createLogger("music", config.logLevel),
  overrides?: SourceOverrides,
): Promise<StartedService> {
  const closers: Closer[] = [];
  /** The last that was opened stands on all before it. */
  const close = async () => {
    for (const closeOne of closers.toReversed()) await closeOne();
  };
  try {
    const addresses = await open(config, logger, overrides, closers);
    return { addresses, logger, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closer = () => Promise<void> | void;

async function open(config: Config, logger: Logger, overrides: SourceOverrides | undefined, closers: Closer[]) {
  const version = await readVersion();
  const tracing = await startTracing({ service: "music", version, enabled: config.traces, logger });
  closers.push(() => tracing.stop());
  const redis = config.redisUrl === undefined ? undefined : await openRedis(config.redisUrl, logger);
  closers.push(() => redis?.close());
  const { files, library } = await openFolders(config, redis, logger, closers).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === undefined) throw cause;
    const problem = `${cause.path ?? config.dataDir} cannot be used (${cause.code})`;
    throw new StartError(`${problem}: set DATA_DIR and MUSIC_LIBRARY_DIR to folders that can be written`, { cause });
  });
  const opened = await openSources({ config, library, logger, overrides });
  closers.push(() => opened.close());
  const { sources } = opened;
  const converter = await findConverter(config.toolPath, AbortSignal.timeout(FIND_CONVERTER_MS));
  if (!converter) logger.warn("ffmpeg is not installed, or does not run: only MP3 and M4A can be downloaded");
  const { rateLimits, admission } = createLimits(config.limits, redis);
  const shared = await openDownloads({
    sources,
    files,
    converter,
    config,
    admission,
    redis,
    logger,
  });
  closers.push(() => shared.close());
  const { downloads } = shared;
  const server = await serve({
    name: "music",
    version,
    host: config.host,
    ports: config.ports,
    logger,
    keys: config.keys,
    stop: config.stop,
    tls: config.tls,
    capacity: config.capacity,
    services: [mount(MusicService, routes({ sources, downloads, logger }))],
    toConnectError,
    rateLimits,
    health: (signal) => readHealth({ sources, store: files.store, redis }, signal),
    routes: [traceRoute(files.route)],
  });
  closers.push(() => server.close());
  files.join(server.addresses["http"] ?? "", config.peerUrl);
  const closing = new AbortController();
  const beside = workBeside(config, library, files, logger, closing.signal);
  closers.push(() => {
    closing.abort(new Error("music is stopping"));
    return beside;
  });
  return server.addresses;
}

/** Everything that lies on the disk. */
async function openFolders(config: Config, redis: Redis | undefined, logger: Logger, closers: Closer[]) {
  const ownDir = join(config.dataDir, "music");
  const files = await openFiles({
    blobs: config.blobs,
    coversFolder: join(ownDir, "covers"),
    partsFolder: config.partsDir,
    maxBytes: config.cacheBytes,
    maxAgeMs: config.cacheAgeMs,
    toolPath: config.toolPath,
    logger,
    redis,
    key: config.keys.first,
    tls: config.tls,
  });
  closers.push(() => files.close());
  const library = await openConfiguredLibrary(config, files.covers, logger, SETTLE_MS);
  closers.push(() => library.close());
  return { files, library };
}

/** What goes on after the start, while calls are answered already. Never rejects. */
async function workBeside(config: Config, library: Library, { covers }: Files, logger: Logger, signal: AbortSignal) {
  const samples = { folder: config.libraryDir, onSample: (path: string) => library.add(path), logger };
  const filled = wait(SAMPLES_AFTER_MS, undefined, { signal }).then(() => fillWithSamples(samples, signal));
  library.expectMore(filled);
  try {
    await filled;
    await library.indexed;
    if (!signal.aborted) await covers.keepOnly(new Set(library.coverNames()));
  } catch (error) {
    if (!signal.aborted) logger.error({ err: error }, "preparing the library failed");
  }
}

async function readVersion(): Promise<string> {
  const file: { version: string } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  return file.version;
}
