import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { SourceUnavailableError, TooLargeError, TrackNotFoundError, UnsupportedUrlError } from "../src/errors.js";
import type { Misbehaviour } from "../src/testing.js";
import { openArchive, type StartOptions, startArchive } from "./archive-source.js";
import { createManualClock } from "./manual-clock.js";

const { signal } = new AbortController();
const QUAY = "https://archive.org/details/harbour-lights-ep/01%20-%20Quay.mp3";
const FILE = "fake-track-1/silence-1.mp3";

/** What never comes is given up soon; what comes has time, however busy the machine is. */
const IMPATIENT: StartOptions["http"] = { answerMs: 600, totalMs: 1_500, silenceMs: 600 };

function patience({ kind }: Misbehaviour): StartOptions["http"] {
  return ["stall", "pause"].includes(kind) ? IMPATIENT : undefined;
}

const DOWN: [string, Misbehaviour, string][] = [
  ["500", { kind: "status", status: 500 }, "down"],
  ["503 with a long Retry-After", { kind: "status", status: 503, headers: { "retry-after": "3600" } }, "down"],
  ["429", { kind: "status", status: 429, headers: { "retry-after": "60" } }, "rate_limited"],
  ["403", { kind: "status", status: 403 }, "blocked"],
  ["a page to sign in", { kind: "html" }, "down"],
  ["nothing", { kind: "empty" }, "down"],
  ["JSON that ends in the middle", { kind: "truncated" }, "down"],
  ["less than was announced", { kind: "wrong-length" }, "down"],
  ["an endless body", { kind: "endless" }, "down"],
  ["a gzip bomb", { kind: "gzip-bomb" }, "down"],
  ["redirects in a circle", { kind: "redirect-loop" }, "down"],
  ["silence", { kind: "stall" }, "timeout"],
  ["a hang-up", { kind: "reset" }, "down"],
];

test.each(DOWN)("a search, and a look-up, that are answered with %s fail, and say why", async (_, how, problem) => {
  const { source, archive } = await startArchive({ http: patience(how) });
  const mendMetadata = archive.break({ what: "metadata", how });
  const mendSearch = archive.break({ what: "search", how });
  const expected = { problem };
  await Promise.all([
    expect(source.search("lantern crew", 10, signal)).rejects.toMatchObject(expected),
    expect(source.searchByArtist("lantern crew", 10, signal)).rejects.toBeInstanceOf(SourceUnavailableError),
    expect(source.resolve(QUAY, signal)).rejects.toMatchObject(expected),
  ]);
  mendSearch();
  const half = openArchive(archive, { http: patience(how), source: { patienceMs: 1_500 } });
  await expect(half.search("lantern crew", 10, signal)).rejects.toBeInstanceOf(SourceUnavailableError);
  mendMetadata();
  expect(await openArchive(archive).search("lantern crew", 10, signal)).toHaveLength(3);
});

test.each<[string, Misbehaviour]>([
  ["503 once", { kind: "status", status: 503, headers: { "retry-after": "0" } }],
  ["a hang-up", { kind: "reset" }],
])("what passes is tried again: %s", async (_, how) => {
  const { source, archive } = await startArchive();
  archive.break({ what: "search", how, times: 1 });
  archive.break({ what: "metadata", how, times: 1 });
  expect(await source.search("lantern crew", 10, signal)).toHaveLength(3);
});

test("no error says where the archive was asked, or what it sent", async () => {
  const { source, archive } = await startArchive({ http: { totalMs: 1_500 } });
  for (const [, how] of DOWN) {
    const mend = archive.break({ what: "search", how });
    const error: unknown = await source.search("lantern crew", 10, signal).catch((caught: unknown) => caught);
    expect(String(error)).not.toMatch(/127\.0\.0\.1|http:|<|username|\/metadata|advancedsearch/);
    mend();
  }
});

test.each([
  "http://127.0.0.1:1/metadata/x",
  "http://169.254.169.254/latest/meta-data/",
  "http://[::1]/",
  "http://localhost/",
  "file:///etc/passwd",
])("a redirect to %s is not followed", async (to) => {
  const { source, archive } = await startArchive();
  archive.break({ what: "metadata", identifier: "harbour-lights-ep", how: { kind: "redirect", to } });
  archive.break({ what: "download", identifier: "fake-track-1", how: { kind: "redirect", to } });
  await expect(source.resolve(QUAY, signal)).rejects.toBeInstanceOf(UnsupportedUrlError);
  const audio = await source.resolve(archive.trackUrl(1), signal);
  const target = { folder: await temporaryFolder(), maxBytes: 0, progress: () => undefined };
  await expect(audio.fetch(target, signal)).rejects.toBeInstanceOf(UnsupportedUrlError);
});

test("a redirect to another site is not followed when the source keeps to its own", async () => {
  const { source, archive } = await startArchive({ http: { hosts: ["archive.org", "127.0.0.1"] } });
  archive.break({ what: "metadata", how: { kind: "redirect", to: "https://example.com/metadata/harbour-lights-ep" } });
  await expect(source.resolve(QUAY, signal)).rejects.toBeInstanceOf(UnsupportedUrlError);
});

test("an item that fails, is gone or is late is left out; the others answer", async () => {
  const { source, archive } = await startArchive({ tracks: 5, source: { patienceMs: 400 } });
  archive.break({ what: "metadata", identifier: "fake-track-2", how: { kind: "status", status: 404 } });
  archive.break({ what: "metadata", identifier: "fake-track-3", how: { kind: "html" } });
  archive.break({ what: "metadata", identifier: "fake-track-4", how: { kind: "stall" } });
  const found = await source.search("silent frames", 10, signal);
  expect(found.map(({ title }) => title)).toEqual(["Silence No. 1", "Silence No. 5"]);
});

test("when all items are late the archive did not answer in time", async () => {
  const { source, archive } = await startArchive({ source: { patienceMs: 100 } });
  archive.break({ what: "metadata", how: { kind: "stall" } });
  await expect(source.search("silent frames", 10, signal)).rejects.toMatchObject({ problem: "timeout" });
});

test("a caller who stops waiting is let go with their own reason, in each phase", async () => {
  const { source, archive } = await startArchive();
  const reason = new Error("no more");
  const whatStops = async (what: "search" | "metadata", ask: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    const mend = archive.break({ what, how: { kind: "stall" } });
    const asked = archive.requests().length;
    const answer = ask(controller.signal).catch((error: unknown) => error);
    const path = what === "search" ? "/advancedsearch" : "/metadata";
    await until(() =>
      archive
        .requests()
        .slice(asked)
        .some((request) => request.startsWith(path)),
    );
    controller.abort(reason);
    expect(await answer).toBe(reason);
    mend();
  };
  await whatStops("search", (ended) => source.search("silent frames", 10, ended));
  await whatStops("metadata", (ended) => source.search("silent frames", 10, ended));
  await whatStops("metadata", (ended) => source.resolve(QUAY, ended));
  await whatStops("search", (ended) => source.probe(ended));
});

async function startFetch(options: StartOptions = {}) {
  const started = await startArchive({ tracks: 1, bytes: 400_000, ...options });
  const audio = await started.source.resolve(started.archive.trackUrl(1), signal);
  const folder = await temporaryFolder();
  const fetch = (ended = signal, maxBytes = 0) => audio.fetch({ folder, maxBytes, progress: () => undefined }, ended);
  const whole = started.archive.bytesOf("fake-track-1", "silence-1.mp3").read(0, 400_000);
  return { ...started, folder, fetch, whole };
}

test("a file that is cut goes on where it was cut", async () => {
  const { archive, fetch, whole } = await startFetch();
  archive.break({ what: "download", how: { kind: "cut", afterBytes: 150_000 }, times: 2 });
  const { path } = await fetch();
  expect((await readFile(path)).equals(whole)).toBe(true);
  const { ranges } = archive.fetches().get(FILE) ?? { ranges: [] };
  expect(ranges).toHaveLength(3);
  expect(ranges[0]).toBeUndefined();
  expect(ranges.slice(1)).toEqual([expect.stringMatching(/^bytes=\d+-$/), expect.stringMatching(/^bytes=\d+-$/)]);
});

test("a file that stops coming goes on where it stopped", async () => {
  const { archive, fetch, whole } = await startFetch({ http: { silenceMs: 300 } });
  archive.break({ what: "download", how: { kind: "pause", afterBytes: 150_000 }, times: 1 });
  expect((await readFile((await fetch()).path)).equals(whole)).toBe(true);
  expect(archive.fetches().get(FILE)?.ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
});

test("what a fetch has left is gone on with by the next one, of another replica too", async () => {
  const { archive, fetch, folder, whole } = await startFetch({ bytesPerSecond: 400_000 });
  const controller = new AbortController();
  const first = fetch(controller.signal).catch((error: unknown) => error);
  await until(() => (archive.fetches().get(FILE)?.count ?? 0) > 0);
  await until(async () => (await readFile(join(folder, "audio.part")).catch(() => Buffer.alloc(0))).length > 50_000);
  controller.abort(new Error("killed"));
  expect(await first).toMatchObject({ message: "killed" });
  archive.setBytesPerSecond(0);
  const elsewhere = await openArchive(archive).resolve(archive.trackUrl(1), signal);
  const { path } = await elsewhere.fetch({ folder, maxBytes: 0, progress: () => undefined }, signal);
  expect((await readFile(path)).equals(whole)).toBe(true);
  const from = Number(/\d+/.exec(archive.fetches().get(FILE)?.ranges.at(-1) ?? "")?.[0]);
  expect(from).toBeGreaterThan(50_000);
});

test.each<[string, Misbehaviour, unknown]>([
  ["a page to sign in", { kind: "html" }, SourceUnavailableError],
  [
    "a page under the type of audio",
    { kind: "bytes", bytes: Buffer.from("<!DOCTYPE html><html>Log in</html>") },
    SourceUnavailableError,
  ],
  ["an empty file", { kind: "bytes", bytes: new Uint8Array() }, SourceUnavailableError],
  ["401", { kind: "status", status: 401 }, TrackNotFoundError],
  ["403", { kind: "status", status: 403 }, TrackNotFoundError],
  ["404", { kind: "status", status: 404 }, TrackNotFoundError],
  ["410", { kind: "status", status: 410 }, TrackNotFoundError],
  ["429", { kind: "status", status: 429, headers: { "retry-after": "600" } }, SourceUnavailableError],
  ["500", { kind: "status", status: 500 }, SourceUnavailableError],
  ["silence", { kind: "stall" }, SourceUnavailableError],
  ["silence instead of bytes", { kind: "pause", afterBytes: 0 }, SourceUnavailableError],
  ["redirects in a circle", { kind: "redirect-loop" }, SourceUnavailableError],
])("a fetch that is answered with %s brings nothing, and says why", async (_, how, error) => {
  const { archive, fetch, folder } = await startFetch({ http: patience(how) });
  const mend = archive.break({ what: "download", how });
  await expect(fetch()).rejects.toBeInstanceOf(error);
  await expect(access(join(folder, "audio"))).rejects.toThrow("ENOENT");
  mend();
  const patient = await openArchive(archive).resolve(archive.trackUrl(1), signal);
  expect(await patient.fetch({ folder, maxBytes: 0, progress: () => undefined }, signal)).toMatchObject({ container: "mp3" });
});

test("a fetch ends as soon as more comes than is allowed, whatever was announced", async () => {
  const { archive, fetch, folder } = await startFetch();
  await expect(fetch(signal, 100_000)).rejects.toBeInstanceOf(TooLargeError);
  archive.break({ what: "download", how: { kind: "endless", type: "audio/mpeg" } });
  await expect(fetch(signal, 1_000_000)).rejects.toBeInstanceOf(TooLargeError);
  await expect(access(join(folder, "audio"))).rejects.toThrow("ENOENT");
});

test("an item that vanished between search and fetch is not found, and is not believed in any longer", async () => {
  const { source, archive } = await startArchive({ tracks: 2 });
  const [track] = await source.search("silence 1", 10, signal);
  const audio = await source.resolve(track?.url ?? "", signal);
  archive.remove("fake-track-1");
  const target = { folder: await temporaryFolder(), maxBytes: 0, progress: () => undefined };
  await expect(audio.fetch(target, signal)).rejects.toBeInstanceOf(TrackNotFoundError);
  await expect(source.resolve(track?.url ?? "", signal)).rejects.toBeInstanceOf(TrackNotFoundError);
});

test.each<[string, StartOptions["image"], Misbehaviour | undefined]>([
  ["is missing", undefined, undefined],
  ["is no picture inside", { bytes: Buffer.from("GIF89a, or whatever"), type: "image/jpeg" }, undefined],
  ["is of another type", { bytes: Buffer.from("<svg/>"), type: "image/svg+xml" }, undefined],
  ["never ends", undefined, { kind: "endless", type: "image/jpeg" }],
  ["never comes", undefined, { kind: "stall" }],
  ["leads elsewhere", undefined, { kind: "redirect", to: "http://127.0.0.1:1/" }],
])("a cover that %s leaves the track without one", async (_, image, how) => {
  const { archive, fetch } = await startFetch({ ...(image ? { image } : {}), http: { totalMs: 1_500 } });
  if (how) archive.break({ what: "image", how });
  expect(await fetch()).toMatchObject({ container: "mp3", coverPath: undefined });
});

test("the probe says in words what is wrong, and asks once in 30 s however many want to know", async () => {
  const clock = createManualClock();
  const { source, archive } = await startArchive({ source: { clock }, http: { totalMs: 1_500 } });
  expect(await Promise.all([source.probe(signal), source.probe(signal)])).toEqual([
    { ok: true, detail: "it answers" },
    { ok: true, detail: "it answers" },
  ]);
  expect(archive.requests()).toHaveLength(1);
  const detailFor = async (how: Misbehaviour) => {
    await clock.advance(31_000);
    const mend = archive.break({ what: "search", how });
    const state = await source.probe(signal);
    mend();
    expect(await source.probe(signal), "kept").toEqual(state);
    return state;
  };
  expect(await detailFor({ kind: "status", status: 429 })).toMatchObject({
    ok: false,
    detail: "it wants to be asked less often",
  });
  expect(await detailFor({ kind: "status", status: 403 })).toMatchObject({ ok: false, detail: "it refuses us" });
  expect(await detailFor({ kind: "stall" })).toMatchObject({ ok: false, detail: "it does not answer in time" });
  expect(await detailFor({ kind: "html" })).toMatchObject({ ok: false, detail: "it does not answer, or not sensibly" });
  await clock.advance(31_000);
  expect(await source.probe(signal)).toEqual({ ok: true, detail: "it answers" });
});
