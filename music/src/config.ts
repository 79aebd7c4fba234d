import { join, resolve } from "node:path";
import {
  type ApiKeys,
  apiKeys,
  ConfigError,
  type Env,
  httpUrl,
  integer,
  list,
  logLevel,
  optionalText,
  port,
  redisUrl,
  type ServerCapacity,
  serverCapacity,
  serverTlsSettings,
  type StopTimes,
  stopTimes,
  text,
  type Tls,
  tracesEnabled,
} from "@refrain/mesh";

/** Everything music reads from its environment. Nothing else here reads `process.env`. */
export interface Config {
  keys: ApiKeys;
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  ports: { grpc: number; http: number; ops: number };
  logLevel: string;
  /** Whether traces are exported. */
  traces: boolean;
  stop: StopTimes;
  /** Certificates; undefined: cleartext. */
  tls: Tls | undefined;
  capacity: ServerCapacity;
  /** Absolute. Music keeps what is its own in `music/` below. */
  dataDir: string;
  /** Names of the enabled sources. */
  sources: SourceName[];
  ytdlp: YtdlpSettings;
  /** Absolute: a list of links that were taken down; undefined: none was. */
  blockedUrlsFile: string | undefined;
  /** Absolute: the library's audio files. */
  libraryDir: string;
  /** Speed limit of the library; 0 = none. */
  libraryBytesPerSecond: number;
  /** Where stored files lie. */
  blobs: BlobSettings;
  /** Bound of the stored files. */
  cacheBytes: number;
  /** Stored files that nobody has used for so long go, in milliseconds; 0 = never. */
  cacheAgeMs: number;
  /** Absolute: what is on its way; several replicas may share it. */
  partsDir: string;
  /** Where other replicas reach this one; undefined: where its HTTP door listens. */
  peerUrl: string | undefined;
  /** Fetches of each source at once; 0 = only other replicas fetch. */
  downloadSlots: number;
  /** Fetches that may wait. */
  maxQueued: number;
  /** Longer tracks are refused; 0 = no limit. */
  maxSeconds: number;
  /** Larger files are refused; 0 = no limit. */
  maxBytes: number;
  limits: LimitSettings;
  /** Shared state of several replicas; undefined: this process is the only one. May hold a password. */
  redisUrl: string | undefined;
  /** Where ffmpeg is looked for. */
  toolPath: string;
}

/** A folder of this replica alone, or a bucket that all share. */
export type BlobSettings =
  /** Absolute. */
  | { kind: "folder"; folder: string }
  | {
      kind: "bucket";
      bucket: string;
      /** Ends with a slash, or is empty. */
      prefix: string;
      /** Of another server than Amazon's. */
      endpoint: string | undefined;
      region: string | undefined;
    };

/** How yt-dlp is run. */
export interface YtdlpSettings {
  /** A path, or a name that is looked for on the `PATH`. */
  path: string;
  /** Absolute: cookies in Netscape's format; undefined: nobody is signed in. */
  cookiesFile: string | undefined;
  /** The way out to the internet; undefined: directly. May hold a password. */
  proxyUrl: string | undefined;
  /** Sites whose links it handles besides those that can be searched, as the operator wrote them. */
  extractors: string[];
}

/** What one end user, or one caller, may ask for. 0 = no limit. */
export interface LimitSettings {
  /** Search and SearchByArtist together, for each end user. */
  searchesPerMinute: number;
  /** Downloads begun, for each user. */
  downloadsPerMinute: number;
  /** Downloads that run or wait at once, for each user. */
  runningPerUser: number;
  /** Calls of any kind, for each key. */
  callsPerSecond: number;
}

/** What can be enabled. `ytdlp` stands for several sources: `yt`, `sc`, and `web` where the operator names sites. */
const SOURCE_NAMES = ["library", "ytdlp", "ia"] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
const MAX_LIMIT = 1_000_000;

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
    traces: tracesEnabled(env),
    stop: stopTimes(env),
    tls: serverTlsSettings(env),
    capacity: serverCapacity(env),
    dataDir,
    sources: readSources(env),
    ytdlp: readYtdlp(env),
    blockedUrlsFile: optionalPath(env, "BLOCKED_URLS_FILE"),
    libraryDir: resolve(text(env, "MUSIC_LIBRARY_DIR", join(dataDir, "library"))),
    libraryBytesPerSecond: integer(env, "LIBRARY_BYTES_PER_SECOND", 0),
    blobs: readBlobs(env, join(dataDir, "music", "files")),
    cacheBytes: integer(env, "MUSIC_CACHE_BYTES", 5 * GIB, { min: 1 }),
    cacheAgeMs: integer(env, "MUSIC_CACHE_DAYS", 0, { max: 36_500 }) * DAY_MS,
    partsDir: resolve(text(env, "MUSIC_PARTS_DIR", join(dataDir, "music", "parts"))),
    peerUrl: optionalText(env, "MUSIC_PEER_URL") && httpUrl(env, "MUSIC_PEER_URL", "http://music-0.music:8051"),
    downloadSlots: readSlots(env),
    maxQueued: integer(env, "MUSIC_DOWNLOAD_QUEUE", 1000, { max: 100_000 }),
    maxSeconds: integer(env, "MUSIC_MAX_SECONDS", 20 * 60),
    maxBytes: integer(env, "MUSIC_MAX_BYTES", 49_000_000),
    limits: readLimits(env),
    redisUrl: redisUrl(env, "REDIS_URL"),
    toolPath: text(env, "PATH", "/usr/local/bin:/usr/bin:/bin"),
  };
}

function readBlobs(env: Env, fallback: string): BlobSettings {
  const value = text(env, "BLOB_URL", `file:${fallback}`);
  const folder = /^file:(?:\/\/(?=\/))?([^]+)$/.exec(value)?.[1];
  if (folder !== undefined) return { kind: "folder", folder: resolve(folder) };
  const [, bucket, path = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]*))?$/.exec(value) ?? [];
  if (bucket === undefined)
    throw new ConfigError(
      "BLOB_URL",
      "must be file: with a folder, or s3:// with a bucket and a prefix",
      "s3://my-bucket/refrain",
    );
  const own = path.split("/").filter(Boolean).join("/");
  const endpoint = endpointOf(env, "AWS_ENDPOINT_URL_S3") ?? endpointOf(env, "AWS_ENDPOINT_URL");
  return { kind: "bucket", bucket, prefix: own && `${own}/`, endpoint, region: optionalText(env, "AWS_REGION") };
}

/** The SDK knows two names: of S3 alone, and of all services. */
function endpointOf(env: Env, name: "AWS_ENDPOINT_URL_S3" | "AWS_ENDPOINT_URL"): string | undefined {
  return optionalText(env, name) && httpUrl(env, name, "https://s3.example.org");
}

function readYtdlp(env: Env): YtdlpSettings {
  return {
    path: text(env, "MUSIC_YTDLP_PATH", "yt-dlp"),
    cookiesFile: optionalPath(env, "MUSIC_YTDLP_COOKIES_FILE"),
    proxyUrl: readProxyUrl(env),
    extractors: list(env, "MUSIC_YTDLP_EXTRACTORS", []),
  };
}

function optionalPath(env: Env, name: string): string | undefined {
  const path = optionalText(env, name);
  return path && resolve(path);
}

function readProxyUrl(env: Env): string | undefined {
  const url = optionalText(env, "MUSIC_YTDLP_PROXY");
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return url;
  // The value may hold a password, so it is not repeated.
  throw new ConfigError("MUSIC_YTDLP_PROXY", "must be an http:// or https:// address", "http://proxy.example:3128");
}

/** Without Redis nobody else would do the fetches. */
function readSlots(env: Env): number {
  const shared = optionalText(env, "REDIS_URL") !== undefined;
  return integer(env, "MUSIC_DOWNLOAD_SLOTS", 4, { min: shared ? 0 : 1, max: 100 });
}

function readLimits(env: Env): LimitSettings {
  return {
    searchesPerMinute: integer(env, "MUSIC_SEARCHES_PER_MINUTE", 10, { max: MAX_LIMIT }),
    downloadsPerMinute: integer(env, "MUSIC_DOWNLOADS_PER_MINUTE", 20, { max: MAX_LIMIT }),
    runningPerUser: integer(env, "MUSIC_RUNNING_PER_USER", 3, { max: MAX_LIMIT }),
    callsPerSecond: integer(env, "MUSIC_CALLS_PER_SECOND", 0, { max: MAX_LIMIT }),
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
