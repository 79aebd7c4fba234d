import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { LRUCache } from "lru-cache";

const KEPT_TRACKS = 5_000;

/** Tracks that passed through this process, by key: what a button means while storage does not answer. */
export interface KnownTracks {
  add(tracks: readonly Track[]): void;
  get(key: string): Track | undefined;
}

export function createKnownTracks(): KnownTracks {
  const tracks = new LRUCache<string, Track>({ max: KEPT_TRACKS });
  return {
    add: (found) => found.forEach((track) => tracks.set(track.key, track)),
    get: (key) => tracks.get(key),
  };
}
