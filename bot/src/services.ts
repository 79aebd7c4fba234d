import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, type Logger, type ServiceClient } from "@refrain/mesh";
import type { Config } from "./config.js";

/** The services that the bot stands on. */
export interface Services {
  readonly music: ServiceClient<typeof MusicService>;
  readonly storage: ServiceClient<typeof StorageService>;
}

/** How long each call may take, in milliseconds. `Download` streams: it ends by itself, or after 45 s of silence. */
const SEARCH_MS = 15_000;
const MUSIC_MS = 5_000;
const STORAGE_MS = 2_000;

/** Clients of both. They connect at once, and a service that is not there fails calls alone. */
export function connectServices(
  { music, storage, tls, circuitResetMs }: Pick<Config, "music" | "storage" | "tls" | "circuitResetMs">,
  logger: Logger,
): Services {
  const common = { tls, circuitResetMs, logger };
  return {
    music: createServiceClient(MusicService, {
      ...common,
      target: music.target,
      key: music.key,
      defaultTimeoutMs: MUSIC_MS,
      timeoutsMs: { search: SEARCH_MS, searchByArtist: SEARCH_MS },
    }),
    storage: createServiceClient(StorageService, {
      ...common,
      target: storage.target,
      key: storage.key,
      defaultTimeoutMs: STORAGE_MS,
    }),
  };
}
