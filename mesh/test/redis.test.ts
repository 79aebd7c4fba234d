import { describe, expect, onTestFinished, test } from "vitest";
import { createRateLimiter, metrics, openRedis, type RateLimiter, reasonOf, type Redis } from "../src/index.js";
import { hasRedis, keptLog, startRedis, until } from "../src/testing.js";

/** Nobody listens there. */
const NOBODY = "redis://:hunter2@127.0.0.1:1";

/** One process's side: a connection, and a limiter of so many calls a minute in it. */
async function connect(url: string, { name = "test", points = 10, answerMs = 50 } = {}) {
  const { lines, logger } = keptLog();
  const redis = await openRedis(url, logger, { answerMs });
  onTestFinished(() => redis.close());
  const limiter = createRateLimiter({ name, points, seconds: 60, redis });
  if (!limiter) throw new Error("there is no limiter");
  return { redis, limiter, lines };
}

/** As `connect`, connected, and patient: a busy machine is no frozen Redis. */
async function connectForSure(url: string) {
  const side = await connect(url, { answerMs: 10_000 });
  await until(() => answers(side.redis));
  return side;
}

const answers = (redis: Redis) =>
  redis.ping().then(
    () => true,
    () => false,
  );

async function letThrough(limiter: RateLimiter, calls: number, key = "bot:ann"): Promise<number> {
  let through = 0;
  for (let call = 0; call < calls; call++) {
    await limiter.consume(key).then(
      () => through++,
      (error: unknown) => expect(reasonOf(error)).toBe("RATE_LIMITED"),
    );
  }
  return through;
}

async function metric(name: string): Promise<number> {
  const line = (await metrics.metrics()).split("\n").find((text) => text.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

/** True once both count together again: what one lets through, the other knows of. */
async function isShared(one: RateLimiter, other: RateLimiter): Promise<boolean> {
  const key = `bot:${Math.random()}`;
  return (await letThrough(one, 10, key)) === 10 && (await letThrough(other, 1, key)) === 0;
}

describe.skipIf(!hasRedis)("with a Redis", () => {
  test("two processes share one limit", async () => {
    const { url } = await startRedis();
    const [one, other] = [await connectForSure(url), await connectForSure(url)];
    expect((await letThrough(one.limiter, 6)) + (await letThrough(other.limiter, 6))).toBe(10);
    expect(await letThrough(one.limiter, 3)).toBe(0);
    expect(await letThrough(other.limiter, 3, "bot:ben")).toBe(3);
  });

  test("a password is used, and never logged", async () => {
    const { url } = await startRedis({ password: "hunter2" });
    const right = await connect(url);
    await until(() => answers(right.redis));
    const wrong = await connect(url.replace("hunter2", "hunter3"));
    await until(() => wrong.lines.join("").includes("WRONGPASS"));
    expect(await letThrough(wrong.limiter, 11)).toBe(10);
    expect([...right.lines, ...wrong.lines].join("")).not.toMatch(/hunter/);
  });

  test("frozen, it delays hardly any call, each by its 50 ms at most, and the limit holds", async () => {
    const server = await startRedis();
    const { limiter, lines } = await connect(server.url, { name: "frozen" });
    expect(await letThrough(limiter, 4)).toBe(4);
    server.freeze();
    const delays: number[] = [];
    let through = 0;
    for (let call = 0; call < 100; call++) {
      const startedAt = performance.now();
      through += await letThrough(limiter, 1);
      delays.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(through).toBe(6); // the four before the frost are known here too
    const sorted = delays.toSorted((one, other) => one - other);
    expect(sorted[delays.length / 2]).toBeLessThan(20); // most do not wait at all
    expect(sorted.at(-1)).toBeGreaterThan(45); // the one that finds out does
    expect(await metric("refrain_redis_up")).toBe(0);
    expect(await metric('refrain_rate_limit_local_total{limit="frozen"}')).toBeGreaterThanOrEqual(delays.length);
    expect(lines.filter((line) => line.includes("does not answer"))).toHaveLength(1);
  });

  test("thawed, it is shared again", async () => {
    const server = await startRedis();
    const [one, other] = [await connect(server.url), await connect(server.url)];
    server.freeze();
    expect(await letThrough(one.limiter, 10)).toBe(10);
    expect(await letThrough(other.limiter, 10)).toBe(10); // each by itself
    server.thaw();
    await until(() => isShared(one.limiter, other.limiter));
    expect(one.lines.at(-1)).toContain("answers again");
  });

  test("killed and started again, it is shared again, and the process lives", async () => {
    const server = await startRedis();
    const [one, other] = [await connect(server.url), await connect(server.url)];
    await server.kill();
    expect(await letThrough(one.limiter, 11)).toBe(10);
    await expect(one.redis.ping()).rejects.toThrow();
    await server.start();
    await until(() => isShared(one.limiter, other.limiter));
  });

  test("a burst at the moment it freezes is delayed once, not call by call", async () => {
    const server = await startRedis();
    const { limiter } = await connect(server.url, { points: 100 });
    server.freeze();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 100 }, (_, at) => limiter.consume(`bot:${at}`)));
    await Promise.all(Array.from({ length: 100 }, (_, at) => limiter.consume(`bot:${at}`)));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

test("a start without Redis works, says so once, and not with which password", async () => {
  const { limiter, lines } = await connect(NOBODY);
  expect(await letThrough(limiter, 11)).toBe(10);
  expect(lines.filter((line) => line.includes("does not answer"))).toHaveLength(1);
  expect(lines.join("")).not.toContain("hunter2");
});
