import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { ConfigError, errorMetadata, reasonOf } from "@refrain/mesh";
import { inMemoryClient, silentLogger, TEST_KEY, temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { readConfig } from "../src/config.js";
import { TakenDownError, toConnectError } from "../src/errors.js";
import { routes } from "../src/routes.js";
import { openSources } from "../src/sources/open-sources.js";
import type { Source } from "../src/sources/source.js";
import { sourceOfLink } from "../src/sources/source-of-link.js";
import { type FakeArchiveOptions, startFakeArchive } from "../src/testing.js";
import { createTrack } from "../src/track.js";
import { createFakeWork } from "./fake-work.js";
import { createMemoryDownloads } from "./memory-downloads.js";

const OWN = createTrack({
  id: "1",
  url: `library://${"a".repeat(64)}`,
  source: "library",
  title: "Own",
  uploader: "Us",
  durationSeconds: 9,
});

/** Finds one track, whatever it is asked. */
const library: Source = {
  name: "library",
  probe: async () => ({ ok: true, detail: "1 tracks" }),
  search: async () => [OWN],
  searchByArtist: async () => [OWN],
  canonicalUrl: (url) => (url === OWN.url ? url : undefined),
  list: async () => ({ tracks: [OWN], playlistTitle: "" }),
  resolve: () => Promise.reject(new Error("not asked for")),
};

interface Options extends FakeArchiveOptions {
  env?: Record<string, string>;
  firstTrialMs?: number;
  isDown?: boolean;
}

/** All sources that settings enable, with an archive on this machine, and a client of the RPCs over them. */
async function open({ env = {}, firstTrialMs = 30_000, isDown = false, ...options }: Options = {}) {
  const archive = await startFakeArchive({ tracks: 3, ...options });
  onTestFinished(() => archive.close());
  if (isDown) archive.break({ what: "search", how: { kind: "status", status: 403 } });
  const config = readConfig({ MUSIC_API_KEYS: TEST_KEY, MUSIC_SOURCES: "library,ia", PATH: process.env["PATH"], ...env });
  const overrides = { allow: [archive.host], archiveBaseUrl: archive.baseUrl, firstTrialMs };
  const opened = await openSources({ config, library, logger: silentLogger(), overrides });
  onTestFinished(() => opened.close());
  await opened.looked;
  const { sources } = opened;
  const downloads = createMemoryDownloads({ slots: 1, maxQueued: 1, clock: systemClock, work: createFakeWork().work });
  const client = inMemoryClient(MusicService, routes({ sources, downloads, logger: silentLogger() }), toConnectError);
  return { archive, sources, client };
}

const state = (sources: readonly Source[], name: string) =>
  sources.find((source) => source.name === name)?.probe(AbortSignal.timeout(5_000));

/** The reason that a call fails with. */
const reason = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: unknown) => reasonOf(error),
  );

test("a search asks all of them, and health tells of each", async () => {
  const { client, sources } = await open();
  const { tracks, failedSources } = await client.search({ query: "silence" });
  expect(new Set(tracks.map(({ source }) => source))).toEqual(new Set(["library", "ia"]));
  expect(failedSources).toEqual([]);
  expect(await state(sources, "ia")).toMatchObject({ ok: true });
});

test("one that cannot be reached at the start is off: it says why, and no search is incomplete for it", async () => {
  const { client, sources, archive } = await open({ isDown: true });
  expect(sources.find(({ name }) => name === "ia")?.off?.()).toBe("blocked");
  expect(await state(sources, "ia")).toMatchObject({ ok: false });
  const { tracks, failedSources } = await client.search({ query: "silence" });
  expect([tracks.length, failedSources]).toEqual([1, []]);
  const before = archive.requests().length;
  const link = client.resolve({ url: archive.trackUrl(1) });
  expect(await reason(link)).toBe("CIRCUIT_OPEN");
  await expect(link).rejects.toSatisfy((error) => errorMetadata(error).source === "ia");
  expect(await reason(client.search({ query: "x", sources: ["ia"] }))).toBe("SOURCE_UNAVAILABLE");
  expect(archive.requests()).toHaveLength(before);
});

test("one that refuses us is left alone, says so, and is asked again after a while", async () => {
  const { client, sources, archive } = await open({ firstTrialMs: 100 });
  const mend = archive.break({ what: "search", how: { kind: "status", status: 429 } });
  const first = await client.search({ query: "silence" });
  expect(first.failures).toMatchObject([{ source: "ia", problem: "rate_limited" }]);
  const second = await client.search({ query: "silence" });
  expect(second.failures).toMatchObject([{ source: "ia", problem: "rate_limited", retryAfterSeconds: 1 }]);
  expect(await state(sources, "ia")).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^wants to be asked less often; tried again/),
  });
  mend();
  await until(async () => (await client.search({ query: "silence" })).failedSources.length === 0);
  expect(await state(sources, "ia")).toMatchObject({ ok: true });
});

test("links in any spelling are resolved to canonical ones; other links and private addresses are nobody's", async () => {
  const { client, archive } = await open();
  const canonical = archive.trackUrl(2);
  const path = new URL(canonical).pathname.replace("/details/", "/download/");
  for (const url of [canonical, `http://www.archive.org${path}`, OWN.url]) {
    const { tracks, playlistTitle } = await client.resolve({ url });
    expect(tracks.map((track) => track.url)).toEqual([url === OWN.url ? url : canonical]);
    expect(playlistTitle).toBe("");
  }
  for (const url of [
    "https://example.com/a.mp3",
    "http://127.0.0.1/x",
    "http://[::1]/",
    "file:///etc/passwd",
    "javascript:1",
    "x",
  ]) {
    expect(await reason(client.resolve({ url }))).toBe("UNSUPPORTED_URL");
  }
});

test("what was taken down is refused in every spelling, and not found", async () => {
  const file = join(await temporaryFolder(), "blocked.txt");
  await writeFile(file, "\n");
  const { client, archive, sources } = await open({ env: { BLOCKED_URLS_FILE: file } });
  const blocked = archive.trackUrl(1);
  const other = `http://www.archive.org${new URL(blocked).pathname}`;
  const found = async () => (await client.search({ query: "silence", limit: 50 })).tracks.map(({ url }) => url);
  expect(await found()).toContain(blocked);
  await writeFile(file, `${other} # asked for by its author\n${OWN.url}\n`);
  await until(async () => !(await found()).includes(blocked));
  expect(await found()).not.toContain(OWN.url);
  expect(await found()).toContain(archive.trackUrl(2));
  for (const url of [blocked, other, OWN.url]) {
    expect(await reason(client.resolve({ url }))).toBe("TAKEN_DOWN");
    expect(() => sourceOfLink(sources, url)).toThrow(TakenDownError);
  }
});

test("without its program, what it would reach is off, and says so", async () => {
  const { client, sources } = await open({ env: { MUSIC_SOURCES: "library,ytdlp", MUSIC_YTDLP_PATH: "/nowhere/yt-dlp" } });
  for (const name of ["yt", "sc"]) {
    expect(sources.find((source) => source.name === name)?.off?.()).toBe("not_installed");
    expect(await state(sources, name)).toMatchObject({ ok: false, detail: expect.stringContaining("not installed") });
  }
  expect((await client.search({ query: "x" })).failedSources).toEqual([]);
  const link = client.resolve({ url: "https://youtu.be/dQw4w9WgXcQ" });
  await expect(link).rejects.toSatisfy((error) => errorMetadata(error).problem === "not_installed");
});

test("a site that is named in a wrong way, or a list of links that is not there, stops the start", async () => {
  await expect(open({ env: { MUSIC_SOURCES: "ytdlp", MUSIC_YTDLP_EXTRACTORS: "generic=example.com" } })).rejects.toBeInstanceOf(
    ConfigError,
  );
  await expect(open({ env: { BLOCKED_URLS_FILE: "/nowhere/blocked.txt" } })).rejects.toMatchObject({ name: "StartError" });
});
