import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
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

/** Clients that connect with their first call. */
export function connectServices({ music, storage }: Pick<Config, "music" | "storage">): Services {
  return {
    music: createServiceClient(MusicService, {
      target: music.target,
      key: music.key,
      defaultTimeoutMs: MUSIC_MS,
      timeoutsMs: { search: SEARCH_MS, searchByArtist: SEARCH_MS },
    }),
    storage: createServiceClient(StorageService, { target: storage.target, key: storage.key, defaultTimeoutMs: STORAGE_MS }),
  };
}
