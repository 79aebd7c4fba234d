import { openRedis } from "@refrain/mesh";
import { hasRedis, type RedisProcess, silentLogger, startRedis } from "@refrain/mesh/testing";
import { describe, onTestFinished } from "vitest";
import { systemClock } from "../src/clock.js";
import { openRedisQueue } from "../src/downloads/redis-queue/redis-queue.js";
import { describeDownloads, type OpenQueue } from "./downloads-suite.js";

/** A queue on a Redis of its own. */
export const openOn =
  (redisProcess: Promise<RedisProcess>): OpenQueue =>
  async (options) => {
    const { url } = await redisProcess;
    const redis = await openRedis(url, silentLogger());
    const queue = await openRedisQueue({ ...options, redis, sources: ["library"], clock: systemClock, logger: silentLogger() });
    onTestFinished(async () => {
      await queue.close();
      redis.close();
    });
    return queue;
  };

describe.runIf(hasRedis)("shared", () => {
  describeDownloads("on Redis", async (options) => openOn(startRedis())(options));
});
