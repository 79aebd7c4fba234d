import { ConfigError, type Logger } from "@refrain/mesh";
import type { Config } from "../config.js";
import type { AddressGuard } from "../guard/address-guard.js";
import type { createSourceHttp } from "../http/source-http.js";
import type { SourceOverrides } from "./source-overrides.js";
import type { Source } from "./source.js";

export interface RemoteOptions {
  config: Pick<Config, "sources" | "ytdlp" | "toolPath" | "maxBytes">;
  logger: Logger;
  overrides: SourceOverrides;
}

/** Sources that are reached over the internet, and what they stand on. */
export interface RemoteSources {
  readonly sources: Source[];
  close(): Promise<void>;
}

/** Builds those that are enabled; what the others need is not even loaded. Asks nobody. */
export async function openRemoteSources(options: RemoteOptions): Promise<RemoteSources> {
  const { sources } = options.config;
  if (!sources.includes("ytdlp") && !sources.includes("ia")) return { sources: [], close: async () => {} };
  const { createAddressGuard } = await import("../guard/address-guard.js");
  const guard = createAddressGuard({ allow: options.overrides.allow ?? [] });
  const { createSourceHttp: createHttp } = await import("../http/source-http.js");
  const opened: RemoteSources[] = [];
  if (sources.includes("ytdlp")) opened.push(await openYtdlp(options, guard, createHttp));
  if (sources.includes("ia")) opened.push(await openArchive(options, guard, createHttp));
  return {
    sources: opened.flatMap((one) => one.sources),
    close: async () => void (await Promise.all(opened.map((one) => one.close()))),
  };
}

type CreateHttp = typeof createSourceHttp;

async function openYtdlp(
  { config, logger, overrides }: RemoteOptions,
  guard: AddressGuard,
  createHttp: CreateHttp,
): Promise<RemoteSources> {
  const [{ startGuardProxy }, { createYtdlpSources }] = await Promise.all([
    import("../guard/guard-proxy.js"),
    import("./ytdlp/create-ytdlp-sources.js"),
  ]);
  const { path, cookiesFile, proxyUrl, extractors } = config.ytdlp;
  const proxy = await startGuardProxy({ guard, upstream: proxyUrl, logger });
  const http = createHttp({ guard, name: "the site" });
  const close = async () => void (await Promise.all([proxy.close(), http.close()]));
  const sources = await createYtdlpSources({
    path,
    toolPath: config.toolPath,
    proxy,
    http,
    extractors,
    cookiesFile,
    logger,
    ...(overrides.ytdlpEnv && { env: overrides.ytdlpEnv }),
  }).catch(async (cause: unknown) => {
    await close();
    if (!(cause instanceof TypeError)) throw cause;
    throw new ConfigError("MUSIC_YTDLP_EXTRACTORS", `names a site in a wrong way: ${cause.message}`, "bandcamp=*.bandcamp.com");
  });
  return { sources, close };
}

async function openArchive(
  { config, overrides }: RemoteOptions,
  guard: AddressGuard,
  createHttp: CreateHttp,
): Promise<RemoteSources> {
  const { createArchiveSource } = await import("./archive/archive.js");
  const { archiveBaseUrl } = overrides;
  const hosts = archiveBaseUrl === undefined ? ["archive.org"] : undefined;
  const http = createHttp({ guard, name: "the Internet Archive", hosts });
  const { maxBytes } = config;
  const source = createArchiveSource({ http, maxBytes, ...(archiveBaseUrl !== undefined && { baseUrl: archiveBaseUrl }) });
  return { sources: [source], close: () => http.close() };
}
