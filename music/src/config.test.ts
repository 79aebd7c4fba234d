import { TEST_KEY } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { readConfig } from "./config.js";

const base = { MUSIC_API_KEYS: TEST_KEY, DATA_DIR: "/data" };

test("defaults are those of the contract", () => {
  expect(readConfig(base)).toMatchObject({
    host: "127.0.0.1",
    ports: { grpc: 50051, http: 8051, ops: 9051 },
    sources: ["library", "ytdlp", "ia"],
    ytdlp: { path: "yt-dlp", cookiesFile: undefined, proxyUrl: undefined, extractors: [] },
    blockedUrlsFile: undefined,
    libraryDir: "/data/library",
    libraryBytesPerSecond: 0,
    cacheBytes: 5 * 1024 ** 3,
    downloadSlots: 4,
    maxSeconds: 1200,
    maxBytes: 49_000_000,
    limits: { searchesPerMinute: 10, downloadsPerMinute: 20, runningPerUser: 3, callsPerSecond: 0 },
    redisUrl: undefined,
    blobs: { kind: "folder", folder: "/data/music/files" },
    cacheAgeMs: 0,
    partsDir: "/data/music/parts",
    peerUrl: undefined,
  });
});

const other = { endpoint: "http://s3:9000", region: "eu-1" };

test.each([
  ["file:/srv/files", { kind: "folder", folder: "/srv/files" }],
  ["file:///srv/files", { kind: "folder", folder: "/srv/files" }],
  ["s3://my-bucket", { kind: "bucket", bucket: "my-bucket", prefix: "", ...other }],
  ["s3://my-bucket/some//prefix/", { kind: "bucket", bucket: "my-bucket", prefix: "some/prefix/", ...other }],
])("BLOB_URL=%s", (value, blobs) => {
  const env = { ...base, BLOB_URL: value, AWS_ENDPOINT_URL: other.endpoint, AWS_REGION: other.region };
  expect(readConfig(env).blobs).toEqual(blobs);
});

test("an address for S3 alone goes before that of all services", () => {
  const env = { ...base, BLOB_URL: "s3://bucket", AWS_ENDPOINT_URL: "http://all", AWS_ENDPOINT_URL_S3: "http://s3" };
  expect(readConfig(env).blobs).toMatchObject({ endpoint: "http://s3" });
  expect(() => readConfig({ ...env, AWS_ENDPOINT_URL_S3: "s3" })).toThrow("AWS_ENDPOINT_URL_S3");
});

test.each([
  ["MUSIC_API_KEYS", ""],
  ["MUSIC_PORT", "70000"],
  ["MUSIC_SOURCES", "library,yt"],
  ["MUSIC_SOURCES", "spotify"],
  ["MUSIC_YTDLP_PROXY", "socks5://127.0.0.1:1080"],
  ["MUSIC_SOURCES", ","],
  ["MUSIC_CACHE_BYTES", "0"],
  ["MUSIC_DOWNLOAD_SLOTS", "0"],
  ["MUSIC_MAX_SECONDS", "-1"],
  ["LIBRARY_BYTES_PER_SECOND", "fast"],
  ["LOG_LEVEL", "loud"],
  ["MUSIC_SEARCHES_PER_MINUTE", "many"],
  ["MUSIC_DOWNLOADS_PER_MINUTE", "-1"],
  ["MUSIC_RUNNING_PER_USER", "1.5"],
  ["MUSIC_CALLS_PER_SECOND", "1000001"],
  ["REDIS_URL", "http://:hunter2@redis"],
  ["BLOB_URL", "s3://"],
  ["BLOB_URL", "s3://Bucket"],
  ["BLOB_URL", "s3://bucket/a?b"],
  ["BLOB_URL", "https://bucket.example"],
  ["MUSIC_CACHE_DAYS", "-1"],
  ["MUSIC_PEER_URL", "music-0:8051"],
])("%s=%s stops the start and is named", (variable, value) => {
  expect(() => readConfig({ ...base, [variable]: value })).toThrow(expect.objectContaining({ name: "ConfigError", variable }));
});

test("a source named twice is enabled once", () => {
  expect(readConfig({ ...base, MUSIC_SOURCES: "library, library" }).sources).toEqual(["library"]);
});
