import type { AdmissionOptions } from "../src/downloads/admission.js";
import { createDownloads, type Downloads, type DownloadsOptions } from "../src/downloads/downloads.js";
import type { FetchQueue } from "../src/downloads/fetch-queue.js";
import { createMemoryQueue, type MemoryQueueOptions } from "../src/downloads/memory-queue.js";

export type MemoryDownloadsOptions = MemoryQueueOptions &
  Partial<Pick<DownloadsOptions, "stored" | "locate">> & { admission?: AdmissionOptions };

/** Downloads of one process, of whatever url, all from one source unless `locate` says more. */
export function createMemoryDownloads(options: MemoryDownloadsOptions): Downloads & Pick<FetchQueue, "counts" | "close"> {
  const queue = createMemoryQueue(options);
  const downloads = createDownloads({
    locate: (url) => ({ source: "library", canonicalUrl: url }),
    stored: async () => undefined,
    ...options,
    queue,
  });
  return { ...downloads, counts: () => queue.counts(), close: () => queue.close() };
}
