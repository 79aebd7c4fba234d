import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { createDownloads } from "../src/downloads/downloads.js";
import type { FetchQueue } from "../src/downloads/fetch-queue.js";
import { toFailure } from "../src/downloads/failure.js";
import type { Stored, Work } from "../src/downloads/work.js";
import { requestKey } from "../src/files/file-names.js";
import { QueueFullError, TaskNotFoundError, TooLongError } from "../src/errors.js";
import { createFakeWork, type FakeFetch, readAll, type Seen, storedFor } from "./fake-work.js";

const { QUEUED, RESOLVING, FETCHING, COMPLETED } = DownloadState;

/** Opens a queue for the time of a test. Those of one test stand for replicas where they can. */
export type OpenQueue = (options: { work: Work; slots: number; maxQueued: number }) => Promise<FetchQueue>;

export interface Replica {
  queue: FetchQueue;
  downloads: ReturnType<typeof createDownloads>;
  fetches: FakeFetch[];
  ask: (url: string, userId?: string, format?: AudioFormat) => Seen;
  fetchOf: (url: string) => Promise<FakeFetch>;
}

interface Given {
  slots?: number;
  maxQueued?: number;
  stored?: (url: string) => Stored | undefined;
  source?: string;
}

export async function openReplica(
  open: OpenQueue,
  { slots = 2, maxQueued = 10, stored, source = "library" }: Given = {},
): Promise<Replica> {
  const { work, fetches } = createFakeWork();
  const queue = await open({ work, slots, maxQueued });
  const downloads = createDownloads({
    queue,
    clock: systemClock,
    locate: (url) => ({ source, canonicalUrl: url }),
    stored: async ({ url }) => stored?.(url),
  });
  const fetchOf = async (url: string) => {
    await until(() => fetches.some(({ request }) => request.url === url));
    const found = fetches.findLast(({ request }) => request.url === url);
    if (!found) throw new Error(`nothing fetches ${url}`);
    return found;
  };
  const ask = (url: string, userId = "ann", format = AudioFormat.AUTO) =>
    readAll((signal) => downloads.download({ url, userId, format }, signal));
  return { queue, downloads, fetches, ask, fetchOf };
}

const isIn = ({ messages }: Seen) => messages.length > 0;
const states = ({ messages }: Seen) => messages.map(({ state }) => state);
export const rises = (numbers: readonly bigint[]) => numbers.every((number, at) => at === 0 || number >= (numbers[at - 1] ?? 0n));
export const reasonOfEnd = async ({ ended }: Seen) => toFailure(await ended).reason;

/** What every queue of fetches does, whoever shares it. */
export function describeDownloads(name: string, open: OpenQueue): void {
  describe(name, () => {
    test("many callers share one fetch, and each sees rising numbers and one COMPLETED, last", async () => {
      const { ask, fetchOf, fetches } = await openReplica(open);
      const callers = Array.from({ length: 50 }, (_, at) => ask("u", `user ${at}`));
      const fetch = await fetchOf("u");
      await until(() => callers.every(isIn));
      for (const bytes of [100, 500, 900]) {
        fetch.report.fetching(bytes, 1000);
        await until(() => callers.every(({ messages }) => Number(messages.at(-1)?.downloadedBytes) === bytes));
      }
      fetch.finish();
      for (const caller of callers) {
        expect(await caller.ended).toBeUndefined();
        expect(rises(caller.messages.map(({ sequence }) => sequence))).toBe(true);
        expect(states(caller).filter((state) => state === COMPLETED)).toHaveLength(1);
        expect(caller.messages.at(-1)?.file).toEqual(storedFor("u").file);
      }
      expect(fetches).toHaveLength(1);
    });

    test("another format is another fetch", async () => {
      const { ask, fetches } = await openReplica(open);
      for (const format of [AudioFormat.UNSPECIFIED, AudioFormat.AUTO, AudioFormat.M4A]) ask("u", `user ${format}`, format);
      await until(() => fetches.length === 2);
      expect(new Set(fetches.map(({ request }) => request.format))).toEqual(new Set([AudioFormat.AUTO, AudioFormat.M4A]));
    });

    test("a stored file answers at once, and its task is known", async () => {
      const { ask, downloads, fetches } = await openReplica(open, { stored: storedFor });
      const seen = ask("u");
      expect(await seen.ended).toBeUndefined();
      expect(states(seen)).toEqual([COMPLETED]);
      const again = ask("u", "ben");
      await again.ended;
      expect(again.messages[0]?.taskId).toBe(seen.messages[0]?.taskId);
      const known = () => downloads.get(seen.messages[0]?.taskId ?? "").catch(() => undefined);
      await until(async () => (await known()) !== undefined);
      expect((await known())?.file).toEqual(storedFor("u").file);
      expect(fetches).toHaveLength(0);
    });

    test("a failure is what the stream ends with, and what is known of the task; the next call starts anew", async () => {
      const { ask, downloads, fetchOf, fetches } = await openReplica(open);
      const first = ask("u");
      (await fetchOf("u")).fail(new TooLongError(60));
      expect(toFailure(await first.ended)).toMatchObject({ reason: "TOO_LONG", metadata: { limit_seconds: "60" } });
      const taskId = first.messages[0]?.taskId ?? "";
      expect(toFailure(await downloads.get(taskId).catch((error: unknown) => error)).reason).toBe("TOO_LONG");
      const second = ask("u");
      await until(() => fetches.length === 2);
      await until(() => isIn(second));
      expect(second.messages[0]?.taskId).not.toBe(taskId);
    });

    test("what nobody expected says nothing of itself", async () => {
      const { ask, fetchOf } = await openReplica(open);
      const seen = ask("u");
      (await fetchOf("u")).fail(new Error("ENOENT: /srv/secret"));
      expect(JSON.stringify(toFailure(await seen.ended))).not.toContain("secret");
      expect(await reasonOfEnd(seen)).toBe("INTERNAL");
    });

    test("as many run as there are slots; positions only fall", async () => {
      const { ask, fetches, fetchOf } = await openReplica(open);
      const seen: Seen[] = [];
      for (const url of ["a", "b", "c", "d", "e"]) {
        const one = ask(url);
        seen.push(one);
        await until(() => isIn(one));
      }
      await until(() => fetches.length === 2);
      await until(() => seen.at(-1)?.messages.at(-1)?.queuePosition === 3);
      for (const url of ["a", "b", "c", "d", "e"]) {
        expect(fetches.length).toBeLessThanOrEqual(5);
        (await fetchOf(url)).finish();
      }
      expect(await Promise.all(seen.map(({ ended }) => ended))).toEqual(seen.map(() => undefined));
      for (const { messages } of seen) {
        const positions = messages.filter(({ state }) => state === QUEUED).map(({ queuePosition }) => queuePosition);
        const known = positions.filter((position) => position > 0);
        expect(known).toEqual(known.toSorted((one, other) => other - one));
        expect(rises(messages.map(({ sequence }) => sequence))).toBe(true);
      }
    });

    test("the queue is bounded, and joining what waits is not refused", async () => {
      const { ask, downloads } = await openReplica(open, { slots: 1, maxQueued: 1 });
      for (const url of ["a", "b"]) {
        const seen = ask(url);
        await until(() => isIn(seen));
        await until(async () => (await downloads.list())[0]?.progress.state === RESOLVING);
      }
      expect(await ask("c").ended).toBeInstanceOf(QueueFullError);
      const joined = ask("b", "ben");
      await until(() => isIn(joined));
    });

    test("one that waits can be cancelled, and those behind it move up", async () => {
      const { ask, downloads, fetches } = await openReplica(open, { slots: 1 });
      const seen: Seen[] = [];
      for (const url of ["a", "b", "c"]) {
        const one = ask(url);
        seen.push(one);
        await until(() => isIn(one));
        await until(() => fetches.length === 1);
      }
      const [, second, third] = seen;
      await until(() => third?.messages.at(-1)?.queuePosition === 2);
      const taskId = second?.messages[0]?.taskId ?? "";
      await downloads.cancel(taskId, "ann");
      expect(second && (await reasonOfEnd(second))).toBe("DOWNLOAD_CANCELLED");
      await until(() => third?.messages.at(-1)?.queuePosition === 1);
      expect(toFailure(await downloads.get(taskId).catch((error: unknown) => error)).reason).toBe("DOWNLOAD_CANCELLED");
      expect(fetches).toHaveLength(1);
    });

    test("a cancel ends all streams of that user, and the fetch goes on for the others", async () => {
      const { ask, downloads, fetchOf } = await openReplica(open);
      const [one, two, other] = [ask("u", "ann"), ask("u", "ann"), ask("u", "bob")];
      const fetch = await fetchOf("u");
      await until(() => [one, two, other].every(isIn));
      const taskId = one.messages[0]?.taskId ?? "";
      for (const userId of ["ann", "ann", "nobody"]) await downloads.cancel(taskId, userId);
      expect([await reasonOfEnd(one), await reasonOfEnd(two)]).toEqual(["DOWNLOAD_CANCELLED", "DOWNLOAD_CANCELLED"]);
      expect(fetch.signal.aborted).toBe(false);
      fetch.finish();
      expect(await other.ended).toBeUndefined();
    });

    test("the last user's cancel stops the fetch, and the next call starts anew", async () => {
      const { ask, downloads, fetchOf, fetches } = await openReplica(open);
      const seen = ask("u");
      const fetch = await fetchOf("u");
      await until(() => isIn(seen));
      await downloads.cancel(seen.messages[0]?.taskId ?? "", "ann");
      expect(await reasonOfEnd(seen)).toBe("DOWNLOAD_CANCELLED");
      await until(() => fetch.signal.aborted);
      const again = ask("u");
      await until(() => fetches.length === 2);
      fetches[1]?.finish();
      expect(await again.ended).toBeUndefined();
    });

    test("a user's running fetches are known, and free of those that have ended or were left", async () => {
      const { ask, queue, downloads, fetchOf } = await openReplica(open, { slots: 3 });
      const seen = [ask("a"), ask("b"), ask("c"), ask("d", "ben")];
      for (const url of ["a", "b", "c"]) await fetchOf(url);
      await until(() => seen.every(isIn));
      const count = async () => (await queue.runningOf("ann")).length;
      expect(await count()).toBe(3);
      (await fetchOf("a")).finish();
      await seen[0]?.ended;
      await until(async () => (await count()) === 2);
      await downloads.cancel(seen[1]?.messages[0]?.taskId ?? "", "ann");
      await until(async () => (await count()) === 1);
    });

    test("who was in a fetch is known while it runs and after it has completed, but not after it failed", async () => {
      const { ask, queue, fetchOf } = await openReplica(open);
      const knows = (key: string, userId: string) =>
        queue.knows({ url: key, format: AudioFormat.AUTO, source: "library", key: requestKeyOf(key) }, userId);
      const [good, bad] = [ask("good"), ask("bad")];
      await until(() => isIn(good) && isIn(bad));
      await until(async () => (await knows("good", "ann")) && (await knows("bad", "ann")));
      expect(await knows("good", "ben")).toBe(false);
      (await fetchOf("good")).finish();
      (await fetchOf("bad")).fail(new TooLongError(1));
      await Promise.all([good.ended, bad.ended]);
      expect(await knows("good", "ann")).toBe(true);
      expect(await knows("bad", "ann")).toBe(false);
    });

    test("an unknown task is not found", async () => {
      const { downloads } = await openReplica(open);
      for (const taskId of ["nonsense", "library.nonsense", "other.x", "*", "a:b"]) {
        await expect(downloads.get(taskId)).rejects.toBeInstanceOf(TaskNotFoundError);
        await expect(downloads.cancel(taskId, "ann")).rejects.toBeInstanceOf(TaskNotFoundError);
      }
    });

    test("reports carry what the work said", async () => {
      const { ask, fetchOf } = await openReplica(open);
      const seen = ask("u");
      const { report, finish } = await fetchOf("u");
      report.track(storedFor("u").track);
      report.fetching(10, 100);
      await until(() => seen.messages.at(-1)?.state === FETCHING);
      expect(seen.messages.at(-1)).toMatchObject({ downloadedBytes: 10n, totalBytes: 100n, track: storedFor("u").track });
      report.converting(3);
      await until(() => seen.messages.at(-1)?.etaSeconds === 3);
      finish();
      expect(await seen.ended).toBeUndefined();
    });
  });
}

function requestKeyOf(url: string): string {
  return requestKey(url, AudioFormat.AUTO);
}
