import { readFile } from "node:fs/promises";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { AudioFileSchema, DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { openRedis } from "@refrain/mesh";
import { hasRedis, silentLogger, startRedis, until } from "@refrain/mesh/testing";
import { createNodeRedisClient, type Job, UnrecoverableError, Worker } from "bullmq";
import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { toFailure } from "../src/downloads/failure.js";
import { openRedisQueue } from "../src/downloads/redis-queue/redis-queue.js";
import { openReplica, reasonOfEnd } from "./downloads-suite.js";

/** A block of JSON that the document shows, by the word behind ```json. */
async function example(name: string): Promise<Record<string, JsonValue>> {
  const text = await readFile(new URL("../../docs/integrators/fetch-jobs.md", import.meta.url), "utf8");
  const block = new RegExp(`\`\`\`json ${name}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (block === undefined) throw new Error(`docs/integrators/fetch-jobs.md shows no ${name}`);
  return JSON.parse(block) as Record<string, JsonValue>;
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== "string") throw new Error("the document shows no text there");
  return value;
}

/** A replica that fetches nothing itself, and a worker that knows no more than the document. */
async function setUp(work: (job: Job, stopped: Promise<string>) => Promise<unknown>) {
  const { url } = await startRedis();
  const redis = await openRedis(url, silentLogger());
  const replica = await openReplica(
    async (options) => {
      const queue = await openRedisQueue({
        ...options,
        slots: 0,
        redis,
        sources: ["yt"],
        clock: systemClock,
        logger: silentLogger(),
      });
      onTestFinished(async () => {
        await queue.close();
        redis.close();
      });
      return queue;
    },
    { source: "yt" },
  );
  const control = createClient({ url });
  await control.connect();
  const stopped = new Promise<string>((resolve) => {
    void control.subscribe("refrain:fetches:control", (text) => {
      const message = JSON.parse(text) as { kind: string; failure: string };
      if (message.kind === "stopped") resolve(message.failure);
    });
  });
  const client = createClient({ url });
  await client.connect();
  const worker = new Worker("fetch-yt", (job) => work(job, stopped), {
    connection: createNodeRedisClient(client),
    prefix: "refrain",
    lockDuration: 5_000,
    drainDelay: 1,
  });
  onTestFinished(async () => {
    await worker.close(true);
    client.destroy();
    control.destroy();
  });
  return replica;
}

describe.runIf(hasRedis)("a worker that does what docs/integrators/fetch-jobs.md says", () => {
  test("gets the job, and what it tells and returns reaches those who wait", async () => {
    const jobs: { name: string; data: unknown }[] = [];
    let finish = () => {};
    const replica = await setUp(async (job) => {
      jobs.push({ name: job.name, data: job.data });
      await job.updateProgress({ ...(await example("progress")), taskId: job.id ?? "" });
      await new Promise<void>((resolve) => (finish = resolve));
      return example("result");
    });
    const { url } = await example("job");
    const seen = replica.ask(text(url));
    await until(() => seen.messages.at(-1)?.downloadedBytes === 1_250_000n);
    const shown = await example("job");
    expect(jobs).toMatchObject([{ name: "fetch", data: { url, format: "AUTO", key: shown["key"], order: 1 } }]);
    expect(Object.keys(jobs[0]?.data ?? {}).toSorted((one, other) => one.localeCompare(other))).toEqual(
      Object.keys(shown).toSorted((one, other) => one.localeCompare(other)),
    );
    finish();
    expect(await seen.ended).toBeUndefined();
    const { file, track } = await example("result");
    expect(seen.messages.at(-1)).toMatchObject({
      state: DownloadState.COMPLETED,
      file: fromJson(AudioFileSchema, file ?? null),
      track: fromJson(TrackSchema, track ?? null),
    });
  });

  test("its failure is what callers hear", async () => {
    const replica = await setUp(async () => {
      throw new UnrecoverableError(JSON.stringify(await example("failure")));
    });
    const { code, reason, metadata } = await example("failure");
    expect(toFailure(await replica.ask("u").ended)).toMatchObject({ code, reason, metadata });
  });

  test("anything else that it fails with is a source that does not work", async () => {
    const replica = await setUp(async () => {
      throw new UnrecoverableError("Traceback (most recent call last)");
    });
    const failure = toFailure(await replica.ask("u").ended);
    expect(failure.reason).toBe("SOURCE_UNAVAILABLE");
    expect(JSON.stringify(failure)).not.toContain("Traceback");
  });

  test("a result that is none is a source that does not work", async () => {
    const replica = await setUp(async () => ({ file: { sizeBytes: "many" } }));
    expect(await reasonOfEnd(replica.ask("u"))).toBe("SOURCE_UNAVAILABLE");
  });

  test("it hears when everybody has left", async () => {
    const replica = await setUp(async (_, stopped) => {
      throw new UnrecoverableError(await stopped);
    });
    const seen = replica.ask("u");
    await until(() => seen.messages.length > 0);
    await replica.downloads.cancel(seen.messages[0]?.taskId ?? "", "ann");
    expect(await reasonOfEnd(seen)).toBe("DOWNLOAD_CANCELLED");
    const shown = JSON.parse(text((await example("stopped"))["failure"])) as unknown;
    await until(async () => (await replica.downloads.list()).length === 0);
    const error = await replica.downloads.get(seen.messages[0]?.taskId ?? "").catch((reason: unknown) => reason);
    expect(toFailure(error)).toEqual(shown);
  });
});
