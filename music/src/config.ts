import { join, resolve } from "node:path";
import {
  type ApiKeys,
  apiKeys,
  ConfigError,
  type Env,
  integer,
  list,
  logLevel,
  port,
  type StopTimes,
  stopTimes,
  text,
} from "@refrain/mesh";

/** Everything music reads from its environment. Nothing else here reads `process.env`. */
export interface Config {
  keys: ApiKeys;
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  ports: { grpc: number; http: number; ops: number };
  logLevel: string;
  stop: StopTimes;
  /** Absolute. Music keeps what is its own in `music/` below. */
  dataDir: string;
  /** Names of the enabled sources. */
  sources: SourceName[];
  /** Absolute: the library's audio files. */
  libraryDir: string;
  /** Speed limit of the library; 0 = none. */
  libraryBytesPerSecond: number;
  /** Bound of the stored files. */
  cacheBytes: number;
  /** Fetches at once. */
  downloadSlots: number;
  /** Fetches that may wait. */
  maxQueued: number;
  /** Longer tracks are refused; 0 = no limit. */
  maxSeconds: number;
  /** Larger files are refused; 0 = no limit. */
  maxBytes: number;
  /** Where ffmpeg is looked for. */
  toolPath: string;
}

/** Sources that exist. */
const SOURCE_NAMES = ["library"] as const;
type SourceName = (typeof SOURCE_NAMES)[number];

const GIB = 1024 ** 3;

/** @throws ConfigError naming the variable */
export function readConfig(env: Env = process.env): Config {
  const dataDir = resolve(text(env, "DATA_DIR", "./data"));
  return {
    keys: apiKeys(env, "MUSIC_API_KEYS"),
    host: text(env, "BIND_HOST", "127.0.0.1"),
    ports: {
      grpc: port(env, "MUSIC_PORT", 50051),
      http: port(env, "MUSIC_HTTP_PORT", 8051),
      ops: port(env, "MUSIC_OPS_PORT", 9051),
    },
    logLevel: logLevel(env),
    stop: stopTimes(env),
    dataDir,
    sources: readSources(env),
    libraryDir: resolve(text(env, "MUSIC_LIBRARY_DIR", join(dataDir, "library"))),
    libraryBytesPerSecond: integer(env, "LIBRARY_BYTES_PER_SECOND", 0),
    cacheBytes: integer(env, "MUSIC_CACHE_BYTES", 5 * GIB, { min: 1 }),
    downloadSlots: integer(env, "MUSIC_DOWNLOAD_SLOTS", 4, { min: 1, max: 100 }),
    maxQueued: integer(env, "MUSIC_DOWNLOAD_QUEUE", 1000, { max: 100_000 }),
    maxSeconds: integer(env, "MUSIC_MAX_SECONDS", 20 * 60),
    maxBytes: integer(env, "MUSIC_MAX_BYTES", 49_000_000),
    toolPath: text(env, "PATH", "/usr/local/bin:/usr/bin:/bin"),
  };
}

function readSources(env: Env): SourceName[] {
  const names = new Set(list(env, "MUSIC_SOURCES", SOURCE_NAMES));
  if (names.size === 0) throw new ConfigError("MUSIC_SOURCES", "names no source", SOURCE_NAMES.join(","));
  return [...names].map((name) => {
    const known = SOURCE_NAMES.find((candidate) => candidate === name);
    if (!known)
      throw new ConfigError(
        "MUSIC_SOURCES",
        `has an unknown source "${name}"; known: ${SOURCE_NAMES.join(", ")}`,
        SOURCE_NAMES.join(","),
      );
    return known;
  });
}
