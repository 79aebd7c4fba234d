import { Code } from "@connectrpc/connect";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { createRateLimiter, reasonOf, serviceError } from "@refrain/mesh";
import { describe, expect, test } from "vitest";
import { createFakeWork, readAll, type Seen, storedFor } from "../../test/fake-work.js";
import { createManualClock } from "../../test/manual-clock.js";
import { createMemoryDownloads, type MemoryDownloadsOptions } from "../../test/memory-downloads.js";
import { TooManyRunningError, UnsupportedUrlError } from "../errors.js";
import type { AdmissionOptions } from "./admission.js";

const { COMPLETED } = DownloadState;

/** Lets so many starts of each user through. */
const starts = (points: number) => createRateLimiter({ name: "downloads", points, seconds: 60 });

function setUp(admission: Partial<AdmissionOptions>, options: Partial<MemoryDownloadsOptions> = {}) {
  const clock = createManualClock();
  const { work, fetches } = createFakeWork();
  const downloads = createMemoryDownloads({
    slots: 2,
    maxQueued: 10,
    admission: { starts: undefined, maxRunning: 0, ...admission },
    clock,
    work,
    ...options,
  });
  const ask = async (url: string, userId = "ann") => {
    const seen = readAll((signal) => downloads.download({ url, userId, format: AudioFormat.AUTO }, signal));
    await clock.advance(0);
    return seen;
  };
  const fetchOf = (url: string) => fetches.find(({ request }) => request.url === url);
  return { clock, downloads, fetches, ask, fetchOf };
}

/** Whether a caller got through: its stream has said something. */
const isIn = ({ messages }: Seen) => messages.length > 0;

async function refusal({ ended }: Seen): Promise<string> {
  const error = await ended;
  return error instanceof TooManyRunningError ? "RUNNING" : (reasonOf(error) ?? String(error));
}

describe("starts", () => {
  test("are counted for each user, also when they join somebody else's fetch", async () => {
    const { ask, fetches } = setUp({ starts: starts(2) });
    expect([await ask("a"), await ask("b"), await ask("a", "ben")].map(isIn)).toEqual([true, true, true]);
    expect(await refusal(await ask("c"))).toBe("RATE_LIMITED");
    expect(isIn(await ask("b", "ben"))).toBe(true);
    expect(await refusal(await ask("c", "ben"))).toBe("RATE_LIMITED");
    expect(fetches).toHaveLength(2);
  });

  test("do not count streams of one's own fetch, however often they are cut", async () => {
    const { ask } = setUp({ starts: starts(1) });
    for (let cut = 0; cut < 5; cut++) (await ask("a")).hangUp();
    const last = await ask("a");
    expect(isIn(last)).toBe(true);
  });

  test("do not count the stream that comes back after its fetch was completed", async () => {
    const kept = new Map<string, ReturnType<typeof storedFor>>();
    const { ask, clock, fetchOf } = setUp({ starts: starts(1) }, { stored: async ({ url }) => kept.get(url) });
    (await ask("a")).hangUp();
    kept.set("a", storedFor("a"));
    fetchOf("a")?.finish(storedFor("a"));
    await clock.advance(0);
    for (let again = 0; again < 3; again++) {
      const { messages, ended } = await ask("a");
      expect(await ended).toBeUndefined();
      expect(messages.map(({ state }) => state)).toEqual([COMPLETED]);
    }
  });

  test("count a stored file once for each user", async () => {
    const { ask } = setUp({ starts: starts(1) }, { stored: async ({ url }) => storedFor(url) });
    for (const user of ["ann", "ann", "ben", "ben"]) expect(await (await ask("a", user)).ended).toBeUndefined();
    expect(await refusal(await ask("b"))).toBe("RATE_LIMITED");
  });

  test("do not count what can never be fetched", async () => {
    const locate = (url: string) => {
      if (url === "bad") throw new UnsupportedUrlError("no");
      return { source: "library", canonicalUrl: url };
    };
    const { ask } = setUp({ starts: starts(1) }, { locate });
    for (let time = 0; time < 3; time++) expect(await (await ask("bad")).ended).toBeInstanceOf(UnsupportedUrlError);
    expect(isIn(await ask("good"))).toBe(true);
  });

  test("count once what a user asks for twice at the same time", async () => {
    const { ask, fetches } = setUp({ starts: starts(1) });
    expect((await Promise.all([ask("a"), ask("a"), ask("a")])).map(isIn)).toEqual([true, true, true]);
    expect(fetches).toHaveLength(1);
  });

  test("are one fetch when two users ask at the same time, however long counting takes", async () => {
    const waiting: (() => void)[] = [];
    const slow = { consume: () => new Promise<void>((resolve) => waiting.push(resolve)) };
    const { ask, clock, fetches } = setUp({ starts: slow });
    const both = [await ask("a", "ann"), await ask("a", "ben")];
    for (const counted of waiting) counted();
    await clock.advance(0);
    expect(both.map(isIn)).toEqual([true, true]);
    expect(fetches).toHaveLength(1);
  });

  test("that were refused together are refused each, and the next one is counted anew", async () => {
    let refuses = true;
    const consume = async () => {
      if (refuses) throw serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no");
    };
    const { ask } = setUp({ starts: { consume } });
    const refused = await Promise.all([ask("a"), ask("a")]);
    expect(await Promise.all(refused.map(refusal))).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
    refuses = false;
    expect(isIn(await ask("a"))).toBe(true);
  });
});

describe("running downloads", () => {
  test("are bounded for each user, queued ones too; their own can always be joined", async () => {
    const { ask } = setUp({ maxRunning: 3 });
    const three = [await ask("a"), await ask("b"), await ask("c")];
    expect(three.map(isIn)).toEqual([true, true, true]);
    expect(await refusal(await ask("d"))).toBe("RUNNING");
    expect(isIn(await ask("d", "ben"))).toBe(true);
    expect(await refusal(await ask("d"))).toBe("RUNNING"); // joining another's makes it the fourth
    expect(isIn(await ask("b"))).toBe(true);
  });

  test("let a user in twice who asks twice at the same time, however long each takes to look for the file", async () => {
    const looking: (() => void)[] = [];
    const stored = () => new Promise<undefined>((resolve) => looking.push(() => resolve(undefined)));
    const { ask, clock, fetches } = setUp({ maxRunning: 1 }, { stored });
    const both = await Promise.all([ask("a"), ask("a")]);
    for (const found of looking) {
      found();
      await clock.advance(0);
    }
    expect(both.map(isIn)).toEqual([true, true]);
    expect(fetches).toHaveLength(1);
  });

  test("make room when one ends or is withdrawn from", async () => {
    const { ask, clock, downloads, fetchOf } = setUp({ maxRunning: 1 });
    const first = await ask("a");
    fetchOf("a")?.finish();
    await clock.advance(0);
    const second = await ask("b");
    expect(isIn(second)).toBe(true);
    await downloads.cancel(second.messages[0]?.taskId ?? "", "ann");
    expect(isIn(await ask("c"))).toBe(true);
    await first.ended;
  });

  test("stay bounded when all are asked for at the same time, and what is refused costs no start", async () => {
    const { ask, fetchOf, clock } = setUp({ maxRunning: 3, starts: starts(4) });
    await ask("a");
    await ask("b");
    const together = await Promise.all(["c", "d", "e", "f"].map((url) => ask(url)));
    expect(together.map(isIn)).toEqual([true, false, false, false]);
    expect(await Promise.all(together.slice(1).map(refusal))).toEqual(["RUNNING", "RUNNING", "RUNNING"]);
    fetchOf("a")?.finish();
    await clock.advance(0);
    expect(isIn(await ask("d"))).toBe(true); // the fourth start
  });

  test("do not keep anybody from a stored file", async () => {
    const stored = async ({ url }: { url: string }) => (url === "stored" ? storedFor(url) : undefined);
    const { ask } = setUp({ maxRunning: 1 }, { stored });
    await ask("a");
    expect(await (await ask("stored")).ended).toBeUndefined();
  });

  test("tell when the first of them may have ended, and never less than 5 s", async () => {
    const { ask, clock, fetchOf } = setUp({ maxRunning: 1 });
    await ask("a");
    const retryAfterMs = async () => {
      const error = await (await ask("b")).ended;
      return error instanceof TooManyRunningError ? error.retryAfterMs : undefined;
    };
    expect(await retryAfterMs()).toBe(5_000); // nothing is known yet
    for (const bytes of [0, 100, 200]) {
      fetchOf("a")?.report.fetching(bytes, 10_000);
      await clock.advance(1_000);
    }
    expect(await retryAfterMs()).toBeGreaterThan(60_000);
    fetchOf("a")?.report.fetching(9_999, 10_000);
    expect(await retryAfterMs()).toBe(5_000);
  });
});
