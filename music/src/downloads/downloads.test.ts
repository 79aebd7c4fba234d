import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { describe, expect, test } from "vitest";
import { createFakeWork, readAll, storedFor } from "../../test/fake-work.js";
import { createManualClock } from "../../test/manual-clock.js";
import { createMemoryDownloads, type MemoryDownloadsOptions } from "../../test/memory-downloads.js";
import {
  DownloadCancelledError,
  QueueFullError,
  SourceUnavailableError,
  TaskNotFoundError,
  TrackNotFoundError,
  UnsupportedUrlError,
} from "../errors.js";

const { QUEUED, RESOLVING, FETCHING, COMPLETED } = DownloadState;

function setUp(options: Partial<MemoryDownloadsOptions> = {}) {
  const clock = createManualClock();
  const { work, fetches } = createFakeWork();
  const downloads = createMemoryDownloads({ slots: 2, maxQueued: 10, clock, work, ...options });
  const ask = (url: string, userId = "ann", format = AudioFormat.AUTO) =>
    readAll((signal) => downloads.download({ url, userId, format }, signal));
  /** The fetch of a url, which must have begun. */
  const fetchOf = (url: string) => {
    const found = fetches.findLast(({ request }) => request.url === url);
    if (!found) throw new Error(`nothing fetches ${url}`);
    return found;
  };
  return { clock, downloads, fetches, ask, fetchOf };
}

const refuse = () => {
  throw new UnsupportedUrlError("no");
};
const states = (messages: readonly { state: DownloadState }[]) => messages.map(({ state }) => state);
const sequences = (messages: readonly { sequence: bigint }[]) => messages.map(({ sequence }) => sequence);
const rises = (numbers: readonly bigint[]) => numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0n));

describe("joining", () => {
  test("a hundred callers share one fetch, and each sees rising numbers and one COMPLETED, last", async () => {
    const { clock, ask, fetches, fetchOf } = setUp();
    const callers = Array.from({ length: 100 }, (_, at) => ask("u", `user ${at}`));
    await clock.advance(0);
    for (let bytes = 0; bytes <= 1000; bytes += 50) {
      fetchOf("u").report.fetching(bytes, 1000);
      await clock.advance(100);
    }
    fetchOf("u").finish();
    for (const { messages, ended } of callers) {
      expect(await ended).toBeUndefined();
      expect(rises(sequences(messages))).toBe(true);
      expect(states(messages).filter((state) => state === COMPLETED)).toHaveLength(1);
      expect(messages.at(-1)?.state).toBe(COMPLETED);
      expect(messages.at(-1)?.file?.sizeBytes).toBe(1000n);
    }
    expect(fetches).toHaveLength(1);
  });

  test("another format is another fetch, and unspecified is the same as AUTO", async () => {
    const { clock, ask, fetches } = setUp();
    ask("u", "ann", AudioFormat.UNSPECIFIED);
    ask("u", "bob", AudioFormat.AUTO);
    ask("u", "cid", AudioFormat.M4A);
    await clock.advance(0);
    expect(fetches.map(({ request }) => request.format)).toEqual([AudioFormat.AUTO, AudioFormat.M4A]);
  });

  test("a stored file answers at once, without a fetch, and again under the same task", async () => {
    const { clock, ask, downloads, fetches } = setUp({ stored: async ({ url }) => storedFor(url) });
    const first = ask("u");
    const second = ask("u", "bob");
    expect(await first.ended).toBeUndefined();
    await second.ended;
    expect(states(first.messages)).toEqual([COMPLETED]);
    const again = ask("u");
    await again.ended;
    expect(again.messages[0]?.taskId).toBe(second.messages[0]?.taskId);
    expect((await downloads.get(again.messages[0]?.taskId ?? "")).state).toBe(COMPLETED);
    expect(fetches).toHaveLength(0);
    await clock.advance(0);
  });

  test("after a failure, the next call starts anew under another id", async () => {
    const { clock, ask, fetchOf, fetches } = setUp();
    const first = ask("u");
    await clock.advance(0);
    fetchOf("u").fail(new TrackNotFoundError("gone"));
    expect(await first.ended).toBeInstanceOf(TrackNotFoundError);
    const second = ask("u");
    await clock.advance(0);
    expect(fetches).toHaveLength(2);
    expect(second.messages[0]?.taskId).not.toBe(first.messages[0]?.taskId);
  });

  test("what can never be fetched is refused before it takes a place", async () => {
    const { downloads, ask } = setUp({ locate: refuse });
    expect(await ask("u").ended).toBeInstanceOf(UnsupportedUrlError);
    expect(downloads.counts()).toEqual({ running: 0, queued: 0 });
  });
});

describe("the stream", () => {
  test("says something at once, then at most four messages a second, and the last one without delay", async () => {
    const { clock, ask, fetchOf } = setUp();
    const { messages, ended } = ask("u");
    await clock.advance(0);
    expect(states(messages)).toEqual([RESOLVING]);
    for (let bytes = 0; bytes < 100; bytes++) {
      fetchOf("u").report.fetching(bytes, 100);
      await clock.advance(20);
    }
    expect(messages.length).toBeGreaterThanOrEqual(6);
    expect(messages.length).toBeLessThanOrEqual(7);
    fetchOf("u").finish();
    await ended;
    expect(messages.at(-1)?.state).toBe(COMPLETED);
  });

  test("repeats the last message at least every 15 s while nothing happens", async () => {
    const { clock, ask, fetchOf } = setUp();
    const { messages } = ask("u");
    await clock.advance(0);
    fetchOf("u").report.fetching(1, 100);
    await clock.advance(1_000);
    const before = messages.length;
    await clock.advance(45_000);
    expect(messages.length).toBeGreaterThanOrEqual(before + 3);
    expect(messages.at(-1)?.sequence).toBe(messages[before - 1]?.sequence);
  });

  test("tells speed and time left from the bytes that moved", async () => {
    const { clock, ask, fetchOf } = setUp();
    const { messages } = ask("u");
    await clock.advance(0);
    for (let at = 0; at <= 20; at++) {
      fetchOf("u").report.fetching(at * 10_000, 1_000_000);
      await clock.advance(100);
    }
    const last = messages.at(-1);
    expect(Number(last?.bytesPerSecond)).toBeCloseTo(100_000, -3);
    expect(last?.etaSeconds).toBeGreaterThanOrEqual(8);
    expect(last?.etaSeconds).toBeLessThanOrEqual(9);
  });

  test("a slow reader skips what it missed and gets the latest", async () => {
    const { clock, downloads, fetchOf } = setUp();
    const stream = downloads.download({ url: "u", userId: "ann", format: AudioFormat.AUTO }, new AbortController().signal);
    await stream.next();
    for (let bytes = 0; bytes <= 10_000; bytes++) fetchOf("u").report.fetching(bytes, 10_000);
    await clock.advance(1_000);
    const { value } = await stream.next();
    expect(value?.downloadedBytes).toBe(10_000n);
    await stream.return();
  });
});

describe("the queue", () => {
  test("runs as many as there are slots, and positions only fall", async () => {
    const { clock, ask, fetches, fetchOf } = setUp();
    const seen = ["a", "b", "c", "d", "e"].map((url) => ask(url));
    await clock.advance(0);
    expect(fetches).toHaveLength(2);
    expect(seen.map(({ messages }) => messages.at(-1)?.queuePosition)).toEqual([0, 0, 1, 2, 3]);
    for (const url of ["b", "a", "c", "d", "e"]) {
      await clock.advance(400);
      fetchOf(url).finish();
    }
    await Promise.all(seen.map(({ ended }) => ended));
    for (const { messages } of seen) {
      const positions = messages.filter(({ state }) => state === QUEUED).map(({ queuePosition }) => queuePosition);
      expect(positions).toEqual(positions.toSorted((one, other) => other - one));
    }
  });

  test("one that waits in the middle can be cancelled, and those behind it move up", async () => {
    const { clock, ask, downloads, fetches } = setUp({ slots: 1 });
    const [, second, third] = ["a", "b", "c"].map((url) => ask(url));
    await clock.advance(0);
    await downloads.cancel(second?.messages[0]?.taskId ?? "", "ann");
    expect(await second?.ended).toBeInstanceOf(DownloadCancelledError);
    await clock.advance(400);
    expect(third?.messages.at(-1)?.queuePosition).toBe(1);
    expect(fetches).toHaveLength(1);
  });

  test("is bounded", async () => {
    const { clock, ask, downloads } = setUp({ slots: 1, maxQueued: 1 });
    ask("a");
    ask("b");
    await clock.advance(0);
    expect(await ask("c").ended).toBeInstanceOf(QueueFullError);
    expect(downloads.counts()).toEqual({ running: 1, queued: 1 });
  });

  test("is listed: running ones, then those that wait", async () => {
    const { clock, ask, downloads } = setUp({ slots: 1 });
    for (const url of ["a", "b", "c"]) ask(url);
    await clock.advance(0);
    const listed = (await downloads.list()).map(({ progress }) => [progress.state, progress.queuePosition]);
    expect(listed).toEqual([
      [RESOLVING, 0],
      [QUEUED, 1],
      [QUEUED, 2],
    ]);
  });
});

describe("leaving", () => {
  test("one caller's hang-up stops nothing for the others", async () => {
    const { clock, ask, fetchOf } = setUp();
    const leaver = ask("u", "ann");
    const stayer = ask("u", "bob");
    await clock.advance(0);
    leaver.hangUp();
    expect(await leaver.ended).toEqual(new Error("hung up"));
    await clock.advance(50_000);
    fetchOf("u").report.fetching(1, 2);
    expect(fetchOf("u").signal.aborted).toBe(false);
    fetchOf("u").finish();
    expect(await stayer.ended).toBeUndefined();
  });

  test("a fetch ends 60 s after its last stream, not before", async () => {
    const { clock, ask, fetchOf, downloads } = setUp();
    const only = ask("u");
    await clock.advance(0);
    only.hangUp();
    await only.ended;
    await clock.advance(30_000);
    fetchOf("u").report.fetching(1, 2);
    await clock.advance(29_000);
    expect(fetchOf("u").signal.aborted).toBe(false);
    await clock.advance(1_000);
    expect(fetchOf("u").signal.aborted).toBe(true);
    await expect(downloads.get(only.messages[0]?.taskId ?? "")).rejects.toThrow(DownloadCancelledError);
    expect(downloads.counts().running).toBe(0);
  });

  test("who comes back in time saves it", async () => {
    const { clock, ask, fetchOf } = setUp();
    const first = ask("u");
    await clock.advance(0);
    first.hangUp();
    await clock.advance(50_000);
    const second = ask("u");
    await clock.advance(0);
    fetchOf("u").report.fetching(1, 2);
    await clock.advance(50_000);
    fetchOf("u").finish();
    expect(await second.ended).toBeUndefined();
    expect(second.messages[0]?.taskId).toBe(first.messages[0]?.taskId);
  });

  test("a cancel ends all streams of that user, and the fetch goes on for the others", async () => {
    const { clock, ask, downloads, fetchOf } = setUp();
    const [one, two, other] = [ask("u", "ann"), ask("u", "ann"), ask("u", "bob")];
    await clock.advance(0);
    const taskId = one.messages[0]?.taskId ?? "";
    await downloads.cancel(taskId, "ann");
    await downloads.cancel(taskId, "ann");
    await downloads.cancel(taskId, "nobody");
    expect(await one.ended).toBeInstanceOf(DownloadCancelledError);
    expect(await two.ended).toBeInstanceOf(DownloadCancelledError);
    expect(fetchOf("u").signal.aborted).toBe(false);
    fetchOf("u").finish();
    expect(await other.ended).toBeUndefined();
  });

  test("the last user's cancel stops the fetch, and the next call starts anew", async () => {
    const { clock, ask, downloads, fetches } = setUp();
    const [ann, bob] = [ask("u", "ann"), ask("u", "bob")];
    await clock.advance(0);
    const taskId = ann.messages[0]?.taskId ?? "";
    await downloads.cancel(taskId, "ann");
    await downloads.cancel(taskId, "bob");
    expect(await bob.ended).toBeInstanceOf(DownloadCancelledError);
    expect(fetches[0]?.signal.aborted).toBe(true);
    ask("u", "ann");
    await clock.advance(0);
    expect(fetches).toHaveLength(2);
  });
});

describe("in the end", () => {
  test("a task is known for an hour, a failed one by its failure", async () => {
    const { clock, ask, downloads, fetchOf } = setUp();
    const [good, bad] = [ask("good"), ask("bad")];
    await clock.advance(0);
    fetchOf("good").finish();
    fetchOf("bad").fail(new SourceUnavailableError("down"));
    await Promise.all([good.ended, bad.ended]);
    const [goodId = "", badId = ""] = [good, bad].map(({ messages }) => messages[0]?.taskId);
    await clock.advance(3_599_000);
    expect((await downloads.get(goodId)).state).toBe(COMPLETED);
    await expect(downloads.get(badId)).rejects.toThrow(SourceUnavailableError);
    await clock.advance(2_000);
    await expect(downloads.get(goodId)).rejects.toThrow(TaskNotFoundError);
  });

  test("at most a thousand ended tasks are kept", async () => {
    const { clock, ask, downloads } = setUp({ stored: async ({ url }) => storedFor(url) });
    const seen = Array.from({ length: 1_100 }, (_, at) => ask(`u${at}`));
    await Promise.all(seen.map(({ ended }) => ended));
    const looked = await Promise.allSettled(seen.map(({ messages }) => downloads.get(messages[0]?.taskId ?? "")));
    const unknown = looked.filter((answer) => answer.status === "rejected");
    expect(unknown).toHaveLength(100);
    expect(unknown.every(({ reason }) => reason instanceof TaskNotFoundError)).toBe(true);
    await clock.advance(0);
  });

  test("a source that says nothing for a minute is given up", async () => {
    const { clock, ask, fetchOf } = setUp();
    const { messages, ended } = ask("u");
    await clock.advance(0);
    fetchOf("u").report.fetching(1, 2);
    await clock.advance(60_000);
    expect(await ended).toBeInstanceOf(SourceUnavailableError);
    expect(states(messages)).toContain(FETCHING);
  });

  test("closing stops everything and frees everybody", async () => {
    const { clock, ask, downloads, fetches } = setUp({ slots: 1 });
    const seen = [ask("a"), ask("b")];
    await clock.advance(0);
    await downloads.close();
    for (const { ended } of seen) expect(await ended).toBeInstanceOf(SourceUnavailableError);
    expect(fetches.every(({ signal }) => signal.aborted)).toBe(true);
    expect(await ask("c").ended).toBeInstanceOf(SourceUnavailableError);
  });
});
