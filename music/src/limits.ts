import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createRateLimiter, type RateLimiter, type RateLimits, type Redis } from "@refrain/mesh";
import type { LimitSettings } from "./config.js";
import type { AdmissionOptions } from "./downloads/admission.js";

/** How often music may be asked. */
export interface MusicLimits {
  /** Counted before a call reaches its handler. */
  rateLimits: RateLimits;
  /** Counted once it is known whether a download starts. */
  admission: AdmissionOptions;
}

const MINUTE = 60;

/** @param redis where calls are counted for all replicas together; undefined: each counts its own */
export function createLimits(settings: LimitSettings, redis: Redis | undefined): MusicLimits {
  const { searchesPerMinute, downloadsPerMinute, runningPerUser, callsPerSecond } = settings;
  const searches = createRateLimiter({ name: "searches", points: searchesPerMinute, seconds: MINUTE, redis });
  const endUser: { [Method in keyof typeof MusicService.method]?: RateLimiter | undefined } = {
    search: searches,
    searchByArtist: searches,
    resolve: searches,
  };
  const caller = createRateLimiter({ name: "caller", points: callsPerSecond, seconds: 1, redis });
  const starts = createRateLimiter({ name: "downloads", points: downloadsPerMinute, seconds: MINUTE, redis });
  return { rateLimits: { caller, endUser }, admission: { starts, maxRunning: runningPerUser } };
}
