import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import {
  createLogger,
  type Logger,
  mount,
  openRedis,
  serve,
  StartError,
  type StartedService,
  startTracing,
  traceRoute,
} from "@refrain/mesh";
import { systemClock } from "./clock.js";
import type { Config } from "./config.js";
import { type Converter, findConverter } from "./convert/converter.js";
import { type Covers, createCovers } from "./covers/covers.js";
import { createDownloads } from "./downloads/downloads.js";
import { fetchTrack } from "./downloads/fetch-track.js";
import { createMemoryQueue } from "./downloads/memory-queue.js";
import { toConnectError } from "./errors.js";
import { type FileStore, openFileStore } from "./files/file-store.js";
import { serveFiles } from "./files/serve-files.js";
import { readHealth } from "./health.js";
import { createLimits, type MusicLimits } from "./limits.js";
import { fileCacheLookups, showFetches, showFileCache } from "./metrics.js";
import { routes } from "./routes.js";
import { fillWithSamples } from "./samples/fill-with-samples.js";
import { type Library, openLibrary } from "./sources/library/library.js";
import { openSources, type SourceOverrides } from "./sources/open-sources.js";
import type { Source } from "./sources/source.js";
import { sourceOfLink } from "./sources/source-of-link.js";

/** A file of the library has to stay the same for so long before it is read. */
const SETTLE_MS = 1_500;
/** Samples cost a core for seconds: whatever starts beside music on the same machine goes first. */
const SAMPLES_AFTER_MS = 2_500;
/** ffmpeg is asked for its version at start. */
const FIND_CONVERTER_MS = 5_000;

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
  const closing = new AbortController();
  const version = await readVersion();
  const tracing = await startTracing({ service: "music", version, enabled: config.traces, logger });
  const { covers, store, library } = await openFolders(config, logger).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === undefined) throw cause;
    const problem = `${cause.path ?? config.dataDir} cannot be used (${cause.code})`;
    throw new StartError(`${problem}: set DATA_DIR and MUSIC_LIBRARY_DIR to folders that can be written`, { cause });
  });
  const opened = await openSources({ config, library, logger, overrides }).catch(async (error: unknown) => {
    await library.close();
    throw error;
  });
  const { sources } = opened;
  const converter = await findConverter(config.toolPath, AbortSignal.timeout(FIND_CONVERTER_MS));
  if (!converter) logger.warn("ffmpeg is not installed: only MP3 and M4A can be downloaded");
  const redis = config.redisUrl === undefined ? undefined : await openRedis(config.redisUrl, logger);
  const { rateLimits, admission } = createLimits(config.limits, redis);
  const { downloads, queue } = downloadsFrom(sources, store, converter, config, admission);
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
    health: (signal) => readHealth({ sources, store, redis }, signal),
    routes: [traceRoute(serveFiles(store, covers))],
  }).catch(async (error: unknown) => {
    redis?.close();
    await opened.close();
    await library.close();
    throw error;
  });
  const beside = workBeside(config, library, store, covers, logger, closing.signal);
  return {
    addresses: server.addresses,
    logger,
    async close() {
      closing.abort(new Error("music is stopping"));
      await server.close();
      await queue.close();
      await opened.close();
      await beside;
      await library.close();
      redis?.close();
      await tracing.stop();
    },
  };
}

/** The downloads of this process, from its sources into its store, with their metrics. */
function downloadsFrom(
  sources: readonly Source[],
  store: FileStore,
  converter: Converter | undefined,
  config: Config,
  admission: MusicLimits["admission"],
) {
  const queue = createMemoryQueue({
    slots: config.downloadSlots,
    maxQueued: config.maxQueued,
    clock: systemClock,
    work: (request, report, signal, span) =>
      fetchTrack(request, { sources, store, converter, limits: config }, report, signal, span),
  });
  const downloads = createDownloads({
    queue,
    admission,
    clock: systemClock,
    locate(url) {
      const { source, canonicalUrl } = sourceOfLink(sources, url);
      return { source: source.name, canonicalUrl };
    },
    async stored(request) {
      const found = await store.find(request);
      fileCacheLookups.inc({ result: found ? "hit" : "miss" });
      return found;
    },
  });
  showFetches(() => queue.counts());
  showFileCache(() => store.usage());
  return { downloads, queue };
}

/** Everything that lies on the disk. */
async function openFolders(config: Config, logger: Logger) {
  const ownDir = join(config.dataDir, "music");
  const covers = await createCovers(join(ownDir, "covers"));
  const store = await openFileStore({ folder: join(ownDir, "files"), maxBytes: config.cacheBytes, now: Date.now });
  const library = await openLibrary({
    folder: config.libraryDir,
    indexFile: join(ownDir, "library-index.json"),
    covers,
    bytesPerSecond: config.libraryBytesPerSecond,
    clock: systemClock,
    logger,
    settleMs: SETTLE_MS,
  });
  return { covers, store, library };
}

/** What goes on after the start, while calls are answered already. Never rejects. */
async function workBeside(
  config: Config,
  library: Library,
  store: FileStore,
  covers: Covers,
  logger: Logger,
  signal: AbortSignal,
) {
  const samples = { folder: config.libraryDir, onSample: (path: string) => library.add(path), logger };
  const filled = wait(SAMPLES_AFTER_MS, undefined, { signal }).then(() => fillWithSamples(samples, signal));
  library.expectMore(filled);
  try {
    await filled;
    await library.indexed;
    if (!signal.aborted) await covers.keepOnly(new Set([...library.coverNames(), ...store.coverNames()]));
  } catch (error) {
    if (!signal.aborted) logger.error({ err: error }, "preparing the library failed");
  }
}

async function readVersion(): Promise<string> {
  const file: { version: string } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  return file.version;
}
