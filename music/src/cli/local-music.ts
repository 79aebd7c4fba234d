import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type ConnectRouter, createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createLogger, type Env, type Logger, StartError } from "@refrain/mesh";
import { type Config, readConfig } from "../config.js";
import { findConverter } from "../convert/converter.js";
import { openDownloads } from "../downloads/open-downloads.js";
import { toConnectError } from "../errors.js";
import { type Files, openFiles } from "../files/open-files.js";
import { routes } from "../routes.js";
import { openConfiguredLibrary } from "../sources/library/configured-library.js";
import { openSources } from "../sources/open-sources.js";
import type { SourceOverrides } from "../sources/source-overrides.js";
import type { Source } from "../sources/source.js";
import type { MusicAccess } from "./music-access.js";

const FIND_CONVERTER_MS = 5_000;
/** Whoever sits at the terminal is the only one who asks. */
const UNLIMITED = { starts: undefined, maxRunning: 0 };
/** A file is as complete as it is when somebody asks. */
const SETTLE_MS = 0;
/** A large library that was never read is searched as far as it is known by then. */
const INDEX_MS = 120_000;
/** Nobody can call: there is no door. */
const NO_KEYS = "cli:nobody-calls-this-music";

/**
 * Music in this process, for one command: the same sources, limits and conversions, behind no port. Fetched files live in a folder of
 * their own until they are read, so that a music which runs with the same settings is not disturbed.
 */
export async function openLocalMusic(env: Env, signal: AbortSignal, overrides?: SourceOverrides): Promise<MusicAccess> {
  const config = readConfig({ ...env, MUSIC_API_KEYS: NO_KEYS, REDIS_URL: undefined });
  const logger = createLogger("music", "silent");
  const temporary = await mkdtemp(join(tmpdir(), "refrain-music-"));
  const closers: (() => Promise<unknown>)[] = [() => rm(temporary, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const ownDir = join(config.dataDir, "music");
    const files = await openFiles({
      blobs: { kind: "folder", folder: join(temporary, "files") },
      coversFolder: join(ownDir, "covers"),
      partsFolder: config.partsDir,
      maxBytes: config.cacheBytes,
      maxAgeMs: 0,
      toolPath: config.toolPath,
      logger,
      redis: undefined,
      key: config.keys.first,
      tls: undefined,
    });
    closers.push(() => files.close());
    const library = await openConfiguredLibrary(config, files.covers, logger, SETTLE_MS);
    closers.push(() => library.close());
    const opened = await openSources({ config, library, logger, overrides });
    closers.push(() => opened.close());
    const looked = Promise.all([opened.looked, library.indexed]);
    await within(looked, AbortSignal.any([signal, AbortSignal.timeout(INDEX_MS)]));
    const { client, stop } = await serveInMemory(opened.sources, files, config, logger);
    closers.push(stop);
    return {
      client,
      async readFile(fileUrl, ended) {
        const file = await files.store.open(basename(fileUrl), ended);
        if (!file) throw new StartError("the file is gone");
        const content = await file.read(undefined, ended);
        content.once("close", () => file.release());
        return content;
      },
      sources: (ended) =>
        Promise.all(
          opened.sources.map(async (source) => {
            const { ok, detail } = await source.probe(ended).catch(() => ({ ok: false, detail: "cannot be reached" }));
            return { name: source.name, ok, detail };
          }),
        ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The handlers of music, called without a network. */
async function serveInMemory(sources: readonly Source[], files: Files, config: Config, logger: Logger) {
  const converter = await findConverter(config.toolPath, AbortSignal.timeout(FIND_CONVERTER_MS));
  const shared = await openDownloads({ sources, files, converter, config, admission: UNLIMITED, redis: undefined, logger });
  const { downloads } = shared;
  const handlers = (router: ConnectRouter) => void router.service(MusicService, routes({ sources, downloads, logger }));
  const transport = createRouterTransport(handlers, { router: { interceptors: [translateErrors] } });
  return { client: createClient(MusicService, transport), stop: () => shared.close() };
}

/** As the doors of music do it. */
const translateErrors: Interceptor = (next) => async (request) => {
  try {
    const answer = await next(request);
    return answer.stream ? { ...answer, message: translating(answer.message) } : answer;
  } catch (error) {
    throw toConnectError(error);
  }
};

async function* translating<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw toConnectError(error);
  }
}

/** Waits, but not for ever; what is late comes later. Rejects when the command was stopped. */
async function within(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const give = () => (signal.reason instanceof DOMException ? resolve() : reject(signal.reason));
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(() => resolve(), reject).finally(() => signal.removeEventListener("abort", give));
  });
}
