import type { Logger } from "@refrain/mesh";
import type { Config } from "../config.js";
import type { Source } from "./source.js";

export interface OpenSourcesOptions {
  config: Pick<Config, "sources" | "ytdlp" | "blockedUrlsFile" | "toolPath">;
  library: Source;
  logger: Logger;
  overrides?: SourceOverrides;
}

/** What tests change so that nobody asks the internet. No setting leads here. */
export interface SourceOverrides {
  /** `host:port` pairs that may be reached though they are not public. */
  allow?: readonly string[];
  /** Where the Internet Archive is. */
  archiveBaseUrl?: string;
  /** Added to the environment of yt-dlp. */
  ytdlpEnv?: Readonly<Record<string, string>>;
}

export interface OpenSources {
  readonly sources: readonly Source[];
  close(): Promise<void>;
}

/** Builds the enabled sources. Does not wait until they have been reached. */
export async function openSources({ config, library }: OpenSourcesOptions): Promise<OpenSources> {
  const sources = config.sources.includes("library") ? [library] : [];
  return { sources, close: async () => {} };
}
