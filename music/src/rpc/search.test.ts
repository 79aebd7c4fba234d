import { Code } from "@connectrpc/connect";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { errorMetadata, reasonOf } from "@refrain/mesh";
import { inMemoryClient, silentLogger } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { createFakeWork } from "../../test/fake-work.js";
import { createMemoryDownloads } from "../../test/memory-downloads.js";
import { systemClock } from "../clock.js";
import { CircuitOpenError, SourceUnavailableError, toConnectError } from "../errors.js";
import { routes } from "../routes.js";
import type { Source } from "../sources/source.js";
import { createTrack } from "../track.js";

/** A source that finds these titles, or fails with this error, whatever it is asked. */
function sourceOf(name: string, found: string[] | Error): Source {
  const answer = async () => {
    if (found instanceof Error) throw found;
    return found.map((title) =>
      createTrack({ id: title, url: `${name}://${title}`, source: name, title, uploader: "", durationSeconds: 0 }),
    );
  };
  return {
    name,
    probe: async () => ({ ok: true, detail: "" }),
    search: answer,
    searchByArtist: answer,
    canonicalUrl: () => undefined,
    list: () => Promise.reject(new Error("not asked for")),
    resolve: () => Promise.reject(new Error("not asked for")),
  };
}

const down = (name: string) => sourceOf(name, new SourceUnavailableError("down"));

function clientFor(...sources: Source[]) {
  const { work } = createFakeWork();
  const downloads = createMemoryDownloads({ slots: 1, maxQueued: 1, clock: systemClock, work });
  return inMemoryClient(MusicService, routes({ sources, downloads, logger: silentLogger() }), toConnectError);
}

test("sources take turns, each in its own order", async () => {
  const client = clientFor(sourceOf("one", ["a", "b", "c"]), sourceOf("two", ["x"]));
  const { tracks, failedSources } = await client.search({ query: "q" });
  expect(tracks.map(({ title }) => title)).toEqual(["a", "x", "b", "c"]);
  expect(failedSources).toEqual([]);
});

test("a source that is down is named, and does not hide what the others found", async () => {
  const client = clientFor(down("one"), sourceOf("two", ["x"]));
  for (const answer of [await client.search({ query: "q" }), await client.searchByArtist({ artist: "q" })]) {
    expect(answer.tracks.map(({ title }) => title)).toEqual(["x"]);
    expect(answer.failedSources).toEqual(["one"]);
  }
});

test("a bug in one source counts as a failure of that source alone", async () => {
  const client = clientFor(sourceOf("one", new TypeError("bug")), sourceOf("two", ["x"]));
  expect((await client.search({ query: "q" })).failedSources).toEqual(["one"]);
});

test("when all are down, that is an error", async () => {
  const failure = clientFor(down("one"), down("two")).search({ query: "q" });
  await expect(failure).rejects.toSatisfy((error) => reasonOf(error) === "SOURCE_UNAVAILABLE");
  await expect(failure).rejects.toMatchObject({ code: Code.Unavailable });
});

test("finding nothing is an empty answer", async () => {
  expect((await clientFor(sourceOf("one", [])).search({ query: "q" })).tracks).toEqual([]);
});

test("only the named sources are asked, and a name that is unknown is a violation of its field", async () => {
  const client = clientFor(down("one"), sourceOf("two", ["x"]));
  expect((await client.search({ query: "q", sources: ["two"] })).failedSources).toEqual([]);
  const failure = client.search({ query: "q", sources: ["two", "three"] });
  await expect(failure).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test("ten tracks unless the caller wants another number", async () => {
  const many = Array.from({ length: 60 }, (_, at) => String(at));
  const client = clientFor(sourceOf("one", many));
  expect((await client.search({ query: "q" })).tracks).toHaveLength(10);
  expect((await client.search({ query: "q", limit: 50 })).tracks).toHaveLength(50);
  await expect(client.search({ query: "q", limit: 51 })).rejects.toMatchObject({ code: Code.InvalidArgument });
  await expect(client.search({ query: "  " })).rejects.toMatchObject({ code: Code.InvalidArgument });
});

/** Answers never; remembers why it was ended, if it listens. */
function slowSource(name: string, listens: boolean) {
  const reasons: unknown[] = [];
  const answer = (_text: string, _limit: number, signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        if (listens) reject(signal.reason);
      });
    });
  return { source: { ...sourceOf(name, []), search: answer, searchByArtist: answer }, reasons };
}

test.each([true, false])(
  "a slow source is left out before the deadline, and its work ended (it listens: %s)",
  async (listens) => {
    const { source, reasons } = slowSource("two", listens);
    const client = clientFor(sourceOf("one", ["a"]), source);
    for (const ask of [() => client.search({ query: "q" }, SHORT), () => client.searchByArtist({ artist: "q" }, SHORT)]) {
      const { tracks, failedSources, failures } = await ask();
      expect(tracks.map(({ title }) => title)).toEqual(["a"]);
      expect(failedSources).toEqual(["two"]);
      expect(failures).toMatchObject([{ source: "two", problem: "timeout", retryAfterSeconds: 0 }]);
    }
    expect(reasons).toHaveLength(2);
  },
);

/** The last second of it is ours. */
const SHORT = { timeoutMs: 2_500 };

test("why each source did not answer, and when it is tried again, is told", async () => {
  const blocked = sourceOf("yt", new CircuitOpenError("yt", "blocked", 40));
  const client = clientFor(
    blocked,
    sourceOf("one", ["a"]),
    sourceOf("sc", new SourceUnavailableError("x", { problem: "rate_limited" })),
  );
  expect((await client.search({ query: "q" })).failures).toMatchObject([
    { source: "yt", problem: "blocked", retryAfterSeconds: 40 },
    { source: "sc", problem: "rate_limited", retryAfterSeconds: 0 },
  ]);
  const failure = clientFor(blocked).search({ query: "q" });
  await expect(failure).rejects.toSatisfy((error) => reasonOf(error) === "SOURCE_UNAVAILABLE");
  await expect(failure).rejects.toSatisfy((error) => errorMetadata(error).problem === "blocked");
});

test("a source that is off is asked only by name", async () => {
  const off: Source = { ...down("yt"), off: () => "not_installed" };
  const client = clientFor(sourceOf("one", ["a"]), off);
  expect((await client.search({ query: "q" })).failedSources).toEqual([]);
  expect((await client.search({ query: "q", sources: ["one", "yt"] })).failedSources).toEqual(["yt"]);
});
