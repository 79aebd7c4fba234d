import type { Fetch } from "@refrain/mesh";
import type { Config } from "../config.js";
import type { Feed } from "../model/feed.js";
import type { DownloadsView, ServiceView } from "../shapes/page-api.js";
import { readDownloads } from "./music-downloads.js";
import { readServiceLights } from "./service-lights.js";
import { watch } from "./watch.js";

const LIGHTS_MS = 2000;
const DOWNLOADS_MS = 700;

/** The latest answers of the services, kept fresh while a page is open. */
export interface Cards {
  services(): ServiceView[];
  downloads(): DownloadsView;
}

export interface CardsOptions extends Pick<Config, "botUrl" | "musicUrl" | "storageUrl" | "musicKey"> {
  /** Knows the certificates of the services. */
  fetch: Fetch;
}

export function startCards(config: CardsOptions, feed: Feed, isWatched: () => boolean, signal: AbortSignal): Cards {
  const urls = { bot: config.botUrl, music: config.musicUrl, storage: config.storageUrl };
  let services: ServiceView[] = Object.keys(urls).map((name) => ({
    name,
    light: "unknown",
    detail: "asking…",
    latency_ms: null,
  }));
  let downloads: DownloadsView = { available: false, detail: "asking…", downloads: [] };
  const lights = {
    intervalMs: LIGHTS_MS,
    isWatched,
    read: (aborted: AbortSignal) => readServiceLights(urls, aborted, config.fetch),
    changed(value: ServiceView[]) {
      services = value;
      feed.publish({ type: "services", services });
    },
  };
  const queue = {
    intervalMs: DOWNLOADS_MS,
    isWatched,
    read: (aborted: AbortSignal) => readDownloads(config.musicUrl, config.musicKey, aborted, config.fetch),
    changed(value: DownloadsView) {
      downloads = value;
      feed.publish({ type: "downloads", downloads });
    },
  };
  // Neither read rejects, so the loops end with the signal alone.
  void watch(lights, signal);
  void watch(queue, signal);
  return { services: () => services, downloads: () => downloads };
}
