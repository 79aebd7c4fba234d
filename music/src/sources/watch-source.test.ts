import { silentLogger, until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { CircuitOpenError } from "../errors.js";
import type { Source, SourceState } from "./source.js";
import { watchSource } from "./watch-source.js";

const WELL: SourceState = { ok: true, detail: "well" };

/** A source that is what the test says, looked at every 10 ms. */
function watch(first: SourceState) {
  const now = { state: first, looks: 0 };
  const source: Source = {
    name: "yt",
    probe: async () => {
      now.looks += 1;
      return now.state;
    },
    search: async () => [],
    searchByArtist: async () => [],
    canonicalUrl: (url) => url,
    list: async () => ({ tracks: [], playlistTitle: "" }),
    resolve: () => Promise.reject(new Error("asked")),
  };
  let backs = 0;
  const watched = watchSource(source, { logger: silentLogger(), everyMs: 10, onWell: (wasOff) => (backs += Number(wasOff)) });
  onTestFinished(() => watched.close());
  const looks = async (count: number) => {
    const before = now.looks;
    await until(() => now.looks >= before + count);
  };
  return { now, watched, looks, backs: () => backs };
}

const { signal } = new AbortController();

test("it is on until it was looked at, and then while it is well", async () => {
  const { watched } = watch(WELL);
  expect(watched.off?.()).toBeUndefined();
  expect(await watched.search("x", 1, signal)).toEqual([]);
  await watched.looked;
  expect(watched.off?.()).toBeUndefined();
  expect(await watched.probe(signal)).toEqual(WELL);
});

test("one that does not work at the start is off, is asked for nothing, and comes back by itself", async () => {
  const { now, watched, backs } = watch({ ok: false, detail: "it does not answer" });
  await watched.looked;
  expect(watched.off?.()).toBe("down");
  expect(await watched.probe(signal)).toMatchObject({ ok: false, detail: "it does not answer" });
  for (const asked of [watched.search("x", 1, signal), watched.list("x", signal), watched.resolve("x", signal)]) {
    await expect(asked).rejects.toBeInstanceOf(CircuitOpenError);
  }
  expect(watched.canonicalUrl("https://a.example/")).toBe("https://a.example/");
  now.state = WELL;
  await until(() => watched.off?.() === undefined);
  expect(backs()).toBe(1);
  expect(await watched.search("x", 1, signal)).toEqual([]);
});

test("one that has worked is not switched off by a bad look, unless the operator is needed", async () => {
  const { now, watched, looks, backs } = watch(WELL);
  await watched.looked;
  now.state = { ok: false, detail: "it does not answer", problem: "down" };
  await looks(3);
  expect(watched.off?.()).toBeUndefined();
  expect((await watched.probe(signal)).ok).toBe(false);
  now.state = { ok: false, detail: "yt-dlp is not installed", problem: "not_installed" };
  await until(() => watched.off?.() === "not_installed");
  now.state = WELL;
  await until(() => watched.off?.() === undefined);
  expect(backs()).toBe(1);
});

test("it is not looked at after it was closed", async () => {
  const { now, watched, looks } = watch(WELL);
  await looks(2);
  await watched.close();
  const { looks: last } = now;
  await new Promise((resolve) => setTimeout(resolve, 50)); // five looks, were it open
  expect(now.looks).toBe(last);
});
