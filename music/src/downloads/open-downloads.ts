import type { Logger, Redis } from "@refrain/mesh";
import { systemClock } from "../clock.js";
import type { Config } from "../config.js";
import type { Converter } from "../convert/converter.js";
import type { Files } from "../files/open-files.js";
import { fileCacheLookups, showFetches, showFileCache } from "../metrics.js";
import type { Source } from "../sources/source.js";
import { sourceOfLink } from "../sources/source-of-link.js";
import type { AdmissionOptions } from "./admission.js";
import { createDownloads, type Downloads } from "./downloads.js";
import type { FetchQueue } from "./fetch-queue.js";
import { fetchTrack } from "./fetch-track.js";
import { createMemoryQueue } from "./memory-queue.js";
import type { Work } from "./work.js";

export interface OpenDownloadsOptions {
  sources: readonly Source[];
  files: Files;
  /** Undefined: only MP3 and M4A can be had. */
  converter: Converter | undefined;
  config: Pick<Config, "downloadSlots" | "maxQueued" | "maxSeconds" | "maxBytes">;
  admission: AdmissionOptions;
  /** Where replicas share their fetches; undefined: this process is the only one. */
  redis: Redis | undefined;
  logger: Logger;
}

/** The downloads of this process, from its sources into its store, with their metrics. */
export async function openDownloads(options: OpenDownloadsOptions): Promise<{ downloads: Downloads; close(): Promise<void> }> {
  const { sources, files, admission } = options;
  const queue = await openQueue(options);
  const downloads = createDownloads({
    queue,
    admission,
    clock: systemClock,
    locate(url) {
      const { source, canonicalUrl } = sourceOfLink(sources, url);
      return { source: source.name, canonicalUrl };
    },
    async stored(request) {
      const found = await files.store.find(request);
      fileCacheLookups.inc({ result: found ? "hit" : "miss" });
      return found;
    },
  });
  showFetches(() => queue.counts());
  showFileCache(() => files.store.usage());
  return { downloads, close: () => queue.close() };
}

async function openQueue({ sources, files, converter, config, redis, logger }: OpenDownloadsOptions): Promise<FetchQueue> {
  const { store, parts, covers } = files;
  const work: Work = (request, report, signal, span) =>
    fetchTrack(request, { sources, store, parts, covers, converter, limits: config }, report, signal, span);
  const settings = { slots: config.downloadSlots, maxQueued: config.maxQueued, clock: systemClock, work };
  if (!redis) return createMemoryQueue(settings);
  // Loaded only where it is used: it takes a good part of a second.
  const { openRedisQueue } = await import("./redis-queue/redis-queue.js");
  return openRedisQueue({ ...settings, redis, sources: sources.map(({ name }) => name), logger });
}
