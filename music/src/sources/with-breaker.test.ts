import { silentLogger } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { CircuitOpenError, type SourceProblem, SourceUnavailableError, TrackNotFoundError } from "../errors.js";
import { createTrack } from "../track.js";
import type { FetchTarget, Source } from "./source.js";
import { withBreaker } from "./with-breaker.js";

const { signal } = new AbortController();
const TARGET: FetchTarget = { folder: "/nowhere", maxBytes: 0, progress: () => {} };

/** A source that fails with what the test says, whatever it is asked. */
function broken(first?: Error) {
  const now = { error: first, calls: 0 };
  const answer = async <T>(value: T): Promise<T> => {
    now.calls += 1;
    if (now.error) throw now.error;
    return value;
  };
  const source: Source = {
    name: "yt",
    probe: async () => ({ ok: true, detail: "yt-dlp 2026.08.19" }),
    search: () => answer([]),
    searchByArtist: () => answer([]),
    canonicalUrl: (url) => (url.startsWith("yt:") ? url : undefined),
    list: () => answer({ tracks: [], playlistTitle: "" }),
    resolve: async (url) => {
      const track = createTrack({ id: url, url, source: "yt", title: url, uploader: "", durationSeconds: 1 });
      const fetch = () => answer({ path: "/nowhere/audio", container: "mp3" as const });
      return { track, container: "mp3", sizeBytes: 1, fetch };
    },
  };
  const guarded = withBreaker(source, { logger: silentLogger() });
  onTestFinished(() => guarded.close());
  return { now, guarded };
}

const failure = (problem: SourceProblem) => new SourceUnavailableError("no", { problem });

test("one breaker stands before searches, lists and look-ups: who blocks one blocks all", async () => {
  const { now, guarded } = broken(failure("blocked"));
  await expect(guarded.search("x", 1, signal)).rejects.toBeInstanceOf(SourceUnavailableError);
  for (const asked of [
    guarded.search("x", 1, signal),
    guarded.searchByArtist("x", 1, signal),
    guarded.list("yt:1", signal),
    guarded.resolve("yt:1", signal),
  ]) {
    await expect(asked).rejects.toMatchObject({ name: "CircuitOpenError", source: "yt", problem: "blocked" });
  }
  expect(now.calls).toBe(1);
  expect(guarded.canonicalUrl("yt:1")).toBe("yt:1");
});

test("fetches that fail open it; those that fail for their track's sake do not", async () => {
  const { now, guarded } = broken();
  const fetch = async (url: string) => (await guarded.resolve(url, signal)).fetch(TARGET, signal);
  expect(await fetch("yt:1")).toMatchObject({ container: "mp3" });
  now.error = new TrackNotFoundError("gone");
  for (let at = 0; at < 10; at++) await expect(fetch(`yt:${at}`)).rejects.toBe(now.error);
  expect(guarded.circuit()).toBe("closed");
  now.error = failure("down");
  for (let at = 0; at < 10; at++) await expect(fetch("yt:1")).rejects.toBe(now.error);
  expect(guarded.circuit()).toBe("closed");
  for (let at = 2; at < 6; at++) await expect(fetch(`yt:${at}`)).rejects.toBe(now.error);
  await expect(fetch("yt:7")).rejects.toBeInstanceOf(CircuitOpenError);
});

test("its state is what a look tells, until it opens", async () => {
  const { guarded } = broken(failure("blocked"));
  expect(await guarded.probe(signal)).toEqual({ ok: true, detail: "yt-dlp 2026.08.19" });
  await expect(guarded.search("x", 1, signal)).rejects.toThrow();
  expect(await guarded.probe(signal)).toMatchObject({
    ok: false,
    problem: "blocked",
    detail: expect.stringMatching(/^asks to sign in, or takes us for a robot; tried again in 1?\d\d s$/),
  });
});

test("a look that finds it well closes it, when a look can tell", async () => {
  const missing = broken(failure("not_installed"));
  await expect(missing.guarded.search("x", 1, signal)).rejects.toThrow();
  missing.guarded.well(false);
  expect(missing.guarded.circuit()).toBe("closed");
  const blocked = broken(failure("blocked"));
  await expect(blocked.guarded.search("x", 1, signal)).rejects.toThrow();
  blocked.guarded.well(false);
  expect(blocked.guarded.circuit()).toBe("open");
  blocked.guarded.well(true);
  expect(blocked.guarded.circuit()).toBe("closed");
});
