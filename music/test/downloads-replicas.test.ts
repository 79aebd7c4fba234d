import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { openRedis } from "@refrain/mesh";
import { hasRedis, type RedisProcess, silentLogger, startRedis, temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { toFailure } from "../src/downloads/failure.js";
import { openRedisQueue } from "../src/downloads/redis-queue/redis-queue.js";
import { openReplica, reasonOfEnd, type Replica, rises } from "./downloads-suite.js";
import { type Seen, storedFor } from "./fake-work.js";
import { layWire } from "./redis-wire.js";

const { COMPLETED } = DownloadState;

/** `cut`: it loses Redis, for good. */
type TestReplica = Replica & { cut: () => void; leave: () => Promise<void> };

type ReplicasGiven = Parameters<typeof openReplica>[1] & {
  abandonedMs?: number;
  /** Connections break as they are made, for two seconds. */
  breaksAtFirst?: boolean;
};

/** Replicas of one process that share a Redis. */
async function openReplicas(redis: RedisProcess, count: number, { abandonedMs, breaksAtFirst, ...given }: ReplicasGiven = {}) {
  const open = async (): Promise<TestReplica> => {
    const wire = await layWire(redis.url);
    const breaking = breaksAtFirst ? setInterval(() => wire.break(), 15) : undefined;
    if (breaking) setTimeout(() => clearInterval(breaking), 2_000);
    const client = await openRedis(wire.url, silentLogger());
    const replica = await openReplica(async (options) => {
      const shared = { redis: client, sources: ["library"], clock: systemClock, logger: silentLogger(), abandonedMs };
      return openRedisQueue({ ...options, ...shared });
    }, given);
    let left: Promise<void> | undefined;
    const leave = () => (left ??= replica.queue.close().then(() => client.close()));
    onTestFinished(leave);
    return { ...replica, cut: () => wire.cut(), leave };
  };
  return Promise.all(Array.from({ length: count }, open));
}

/** The replica of several that fetches a url, with its fetch. */
async function fetcherOf(replicas: readonly TestReplica[], url: string) {
  await until(() => replicas.some(({ fetches }) => fetches.some(({ request }) => request.url === url)));
  const replica = replicas.find(({ fetches }) => fetches.some(({ request }) => request.url === url));
  if (!replica) throw new Error(`nobody fetches ${url}`);
  return { replica, fetch: await replica.fetchOf(url) };
}

const isIn = ({ messages }: Seen) => messages.length > 0;
const completions = ({ messages }: Seen) => messages.filter(({ state }) => state === COMPLETED).length;
const sequences = ({ messages }: Seen) => messages.map(({ sequence }) => sequence);

describe.runIf(hasRedis)("replicas", () => {
  test("share one fetch, whichever of them is asked, and see the same of it", async () => {
    const replicas = await openReplicas(await startRedis(), 3);
    const seen = replicas.flatMap(({ ask }, at) => Array.from({ length: 20 }, (_, user) => ask("u", `user ${at} ${user}`)));
    const { fetch } = await fetcherOf(replicas, "u");
    fetch.report.track(storedFor("u").track);
    fetch.report.fetching(500, 1000);
    await until(() => seen.every(({ messages }) => messages.at(-1)?.downloadedBytes === 500n));
    fetch.finish();
    expect(await Promise.all(seen.map(({ ended }) => ended))).toEqual(seen.map(() => undefined));
    expect(seen.map(completions)).toEqual(seen.map(() => 1));
    expect(new Set(seen.flatMap(({ messages }) => messages.map(({ taskId }) => taskId))).size).toBe(1);
    expect(replicas.flatMap(({ fetches }) => fetches)).toHaveLength(1);
    const taskId = seen[0]?.messages[0]?.taskId ?? "";
    for (const { downloads } of replicas) expect((await downloads.get(taskId)).state).toBe(COMPLETED);
  });

  test("a user who moves to another replica hears there where the download waits, and never a lower number than before", async () => {
    const replicas = await openReplicas(await startRedis(), 2, { slots: 1 });
    const seen = ["a", "b", "c", "d"].map((url) => replicas[0]?.ask(url) ?? raise());
    await until(() => replicas.every(({ fetches }) => fetches.length === 1));
    await until(() => seen.filter(({ messages }) => messages.at(-1)?.queuePosition).length === 2);
    const before = seen.map(({ messages }) => messages.at(-1)?.sequence ?? 0n);
    for (const { hangUp } of seen) hangUp();
    const again = ["a", "b", "c", "d"].map((url) => replicas[1]?.ask(url) ?? raise());
    await until(() => again.every(isIn));
    expect(again.map(({ messages }) => messages[0]?.sequence ?? 0n).every((first, at) => first >= (before[at] ?? 0n))).toBe(true);
  });

  test("one that stops pushes nobody back who waits, whichever replica tells them", async () => {
    const replicas = await openReplicas(await startRedis(), 3, { slots: 1 });
    const urls = ["a", "b", "c", "d", "e", "f"];
    const seen = urls.map((url) => replicas[1]?.ask(url) ?? raise());
    await until(() => replicas.every(({ fetches }) => fetches.length === 1));
    const waits = () => seen.filter(({ messages }) => messages.at(-1)?.queuePosition);
    await until(() => waits().length === 3);
    const before = seen.map(({ messages }) => messages.at(-1)?.sequence ?? 0n);
    await replicas[0]?.leave();
    const again = urls.map((url) => replicas[2]?.ask(url, "ben") ?? raise());
    await until(() => again.every(isIn));
    expect(again.map(({ messages }) => messages[0]?.sequence ?? 0n).every((first, at) => first >= (before[at] ?? 0n))).toBe(true);
  });

  test("list the same, and cancel for each other", async () => {
    const replicas = await openReplicas(await startRedis(), 2, { slots: 1 });
    const [one, two] = replicas;
    const seen = ["a", "b", "c", "d"].map((url) => one?.ask(url) ?? raise());
    await until(() => seen.every(isIn) && replicas.every(({ fetches }) => fetches.length === 1));
    const lists = await Promise.all(replicas.map(({ downloads }) => downloads.list()));
    expect(lists[0]?.map(({ progress }) => progress.taskId)).toEqual(lists[1]?.map(({ progress }) => progress.taskId));
    expect(lists[0]).toHaveLength(4);
    for (const { queue } of replicas) expect(await queue.runningOf("ann")).toHaveLength(4);
    // From the last one, so that none gets a slot that became free.
    for (const each of seen.toReversed()) await two?.downloads.cancel(each.messages[0]?.taskId ?? "", "ann");
    expect(await Promise.all(seen.map(reasonOfEnd))).toEqual(seen.map(() => "DOWNLOAD_CANCELLED"));
    await until(() => replicas.every(({ fetches }) => fetches.every(({ signal }) => signal.aborted)));
    await until(async () => (await two?.downloads.list())?.length === 0);
    expect(replicas.flatMap(({ fetches }) => fetches)).toHaveLength(2);
  });

  test("one that stops hands its fetches over: the streams of others go on, under the same task", async () => {
    const replicas = await openReplicas(await startRedis(), 2);
    const seen = replicas.map(({ ask }, at) => ask("u", `user ${at}`));
    const { replica, fetch } = await fetcherOf(replicas, "u");
    fetch.report.fetching(700, 1000);
    await until(() => seen.every(({ messages }) => messages.at(-1)?.downloadedBytes === 700n));
    const stays = replicas.findIndex((other) => other !== replica);
    await replica.leave();
    expect(fetch.signal.aborted).toBe(true);
    const again = await replicas[stays]?.fetchOf("u");
    again?.report.fetching(800, 1000);
    await until(() => seen[stays]?.messages.at(-1)?.downloadedBytes === 800n);
    again?.finish();
    const stayed = seen[stays] ?? raise();
    expect(await stayed.ended).toBeUndefined();
    expect(rises(sequences(stayed))).toBe(true);
    expect(new Set(stayed.messages.map(({ taskId }) => taskId)).size).toBe(1);
    const phases = stayed.messages.map(({ state }) => state);
    expect(phases).toEqual(phases.toSorted((before, after) => before - after));
  });

  test("one that loses Redis gives its fetches up; another takes them over within 10 s", async () => {
    const replicas = await openReplicas(await startRedis(), 2);
    const seen = replicas.map(({ ask }, at) => ask("u", `user ${at}`));
    const { replica, fetch } = await fetcherOf(replicas, "u");
    await until(() => seen.every(isIn));
    const other = replicas.find((each) => each !== replica) ?? raise();
    const lostAt = performance.now();
    replica.cut();
    await until(() => other.fetches.length === 1, 15_000);
    expect(performance.now() - lostAt).toBeLessThan(10_000);
    expect(fetch.signal.aborted).toBe(true);
    (await other.fetchOf("u")).finish();
    expect(await seen[replicas.indexOf(other)]?.ended).toBeUndefined();
  });

  test("a user who comes in while the last one cancels gets the track all the same", async () => {
    const replicas = await openReplicas(await startRedis(), 2);
    for (let round = 0; round < 10; round++) {
      const url = `u${round}`;
      const first = replicas[0]?.ask(url, "ann") ?? raise();
      await fetcherOf(replicas, url);
      await until(() => isIn(first));
      const cancelled = replicas[0]?.downloads.cancel(first.messages[0]?.taskId ?? "", "ann");
      const second = replicas[1]?.ask(url, "ben") ?? raise();
      await cancelled;
      expect(await reasonOfEnd(first)).toBe("DOWNLOAD_CANCELLED");
      const finishing = setInterval(() => replicas.forEach(({ fetches }) => fetches.forEach(({ finish }) => finish())), 20);
      expect(await second.ended).toBeUndefined();
      clearInterval(finishing);
      expect(completions(second)).toBe(1);
    }
  });

  test("a fetch ends when nobody has listened for a while, at whichever replica, and not before", async () => {
    const replicas = await openReplicas(await startRedis(), 2, { abandonedMs: 3_000 });
    const seen = replicas.map(({ ask }, at) => ask("u", `user ${at}`));
    const { fetch } = await fetcherOf(replicas, "u");
    await until(() => seen.every(isIn));
    const leftAt = performance.now();
    for (const { hangUp } of seen) hangUp();
    await until(() => fetch.signal.aborted, 30_000);
    expect(performance.now() - leftAt).toBeGreaterThan(2_900);
    const taskId = seen[0]?.messages[0]?.taskId ?? "";
    const error = await replicas[1]?.downloads.get(taskId).catch((reason: unknown) => reason);
    expect(toFailure(error).reason).toBe("DOWNLOAD_CANCELLED");
  });
});

describe.runIf(hasRedis)("while Redis is away", () => {
  test("a stored file is answered at once, and whatever needs the others is told so", async () => {
    const redis = await startRedis();
    const [replica] = await openReplicas(redis, 1, { stored: (url) => (url === "stored" ? storedFor(url) : undefined) });
    await redis.kill();
    const stored = replica?.ask("stored") ?? raise();
    expect(await stored.ended).toBeUndefined();
    expect(completions(stored)).toBe(1);
    expect(await reasonOfEnd(replica?.ask("u") ?? raise())).toBe("QUEUE_UNAVAILABLE");
  });

  test("frozen, it holds nobody up for long", async () => {
    const redis = await startRedis();
    const [replica] = await openReplicas(redis, 1, { stored: (url) => (url === "stored" ? storedFor(url) : undefined) });
    redis.freeze();
    onTestFinished(() => redis.thaw());
    expect(await replica?.ask("stored").ended).toBeUndefined();
    expect(await reasonOfEnd(replica?.ask("u") ?? raise())).toBe("QUEUE_UNAVAILABLE");
    redis.thaw();
    await until(async () => (await replica?.downloads.list().catch(() => undefined)) !== undefined);
  });

  test("connections that break while they are made do no lasting harm", async () => {
    const [replica] = await openReplicas(await startRedis(), 1, { breaksAtFirst: true });
    const fetched = async () => {
      const seen = replica?.ask("u") ?? raise();
      const finishing = setInterval(() => replica?.fetches.forEach(({ finish }) => finish()), 20);
      const error = await seen.ended;
      clearInterval(finishing);
      return error === undefined;
    };
    await until(fetched, 20_000);
  });

  test("streams wait, and see the end when it is back with what it kept", async () => {
    const redis = await startRedis({ folder: await temporaryFolder() });
    const replicas = await openReplicas(redis, 2, { slots: 1 });
    const seen = ["a", "b", "c", "d"].map((url) => replicas[0]?.ask(url) ?? raise());
    await until(() => seen.every(isIn) && replicas.every(({ fetches }) => fetches.length === 1));
    await redis.kill();
    await redis.start();
    const finishing = setInterval(() => replicas.forEach(({ fetches }) => fetches.forEach(({ finish }) => finish())), 50);
    onTestFinished(() => clearInterval(finishing));
    expect(await Promise.all(seen.map(({ ended }) => ended))).toEqual(seen.map(() => undefined));
    expect(seen.map(completions)).toEqual([1, 1, 1, 1]);
  });

  test("streams of fetches that Redis has lost are told so, instead of waiting for ever", async () => {
    const redis = await startRedis();
    const [replica] = await openReplicas(redis, 1, { slots: 1 });
    const seen = ["a", "b"].map((url) => replica?.ask(url) ?? raise());
    await until(() => seen.every(isIn) && replica?.fetches.length === 1);
    await redis.kill();
    await redis.start();
    expect(await Promise.all(seen.map(reasonOfEnd))).toEqual(["QUEUE_UNAVAILABLE", "QUEUE_UNAVAILABLE"]);
  });
});

function raise(): never {
  throw new Error("nothing there");
}
