import type { RedisClientType } from "redis";
import { KEPT_MS } from "../fetch-queue.js";
import { writeFailure } from "./job-form.js";

/** Replicas say every few seconds which tasks are listened to there; one that is late by less changes nothing. */
const LATE_MS = 15_000;
/** No fetch takes that long; what is kept of its users goes by itself. */
const USERS_SECONDS = 2 * 3600;
const KEPT_SECONDS = KEPT_MS / 1000;
/** Fetches that nobody listens to which are stopped in one go. */
const MAX_SWEPT = 100;

/** Takes a user out of a task. @returns -1: they were not in it; else how many are left */
const WITHDRAW = `
if redis.call("SREM", KEYS[1], ARGV[1]) == 0 then return -1 end
return redis.call("SCARD", KEYS[1])`;

/** Who is in which task, and which tasks are listened to: what replicas share beside the jobs. */
export interface SharedState {
  nextOrder(): Promise<number>;
  enter(taskId: string, userId: string): Promise<void>;
  isIn(taskId: string, userId: string): Promise<boolean>;
  /** @returns how many users are left; -1 when this one was not in the task */
  withdraw(taskId: string, userId: string): Promise<number>;
  /** Ids of the tasks a user has entered and not left, also such as have ended. */
  tasksOf(userId: string): Promise<string[]>;
  forget(userId: string, taskIds: readonly string[]): Promise<void>;
  /** Notes that the users of a task got the file of a key. */
  give(key: string, taskId: string): Promise<void>;
  /** Keeps an answer of its own, with its user, for an hour. */
  answer(key: string, userId: string, result: string): Promise<void>;
  answered(taskId: string): Promise<string | null>;
  wasGiven(key: string, userId: string): Promise<boolean>;
  watch(taskIds: readonly string[]): Promise<void>;
  unwatch(taskId: string): Promise<void>;
  /** Takes tasks that nobody has listened to for a minute; each is given to one replica only. */
  takeAbandoned(): Promise<string[]>;
  /** Notes why a task is to stop, for an hour. */
  stop(taskId: string, reason: Error): Promise<void>;
  stopped(taskId: string): Promise<string | null>;
}

/** @param abandonedMs a fetch that nobody listens to goes on for so long */
export function createSharedState(client: RedisClientType, abandonedMs: number): SharedState {
  const watchedMs = abandonedMs + LATE_MS;
  const name = (...parts: string[]) => `refrain:fetches:${parts.join(":")}`;
  const watched = name("watched");
  return {
    nextOrder: () => client.incr(name("order")),
    async enter(taskId, userId) {
      const [users, running] = [name("users", taskId), name("running", userId)];
      await client
        .multi()
        .sAdd(users, userId)
        .expire(users, USERS_SECONDS)
        .sAdd(running, taskId)
        .expire(running, USERS_SECONDS)
        .zAdd(watched, { value: taskId, score: Date.now() + watchedMs })
        .exec();
    },
    isIn: async (taskId, userId) => (await client.sIsMember(name("users", taskId), userId)) === 1,
    async withdraw(taskId, userId) {
      await client.sRem(name("running", userId), taskId);
      return Number(await client.eval(WITHDRAW, { keys: [name("users", taskId)], arguments: [userId] }));
    },
    tasksOf: (userId) => client.sMembers(name("running", userId)),
    async forget(userId, taskIds) {
      if (taskIds.length > 0) await client.sRem(name("running", userId), [...taskIds]);
    },
    async give(key, taskId) {
      const given = name("given", key);
      await client
        .multi()
        .sUnionStore(given, [given, name("users", taskId)])
        .expire(given, KEPT_SECONDS)
        .exec();
    },
    async answer(key, userId, result) {
      const given = name("given", key);
      await client
        .multi()
        .set(name("answer", key), result, { expiration: { type: "EX", value: KEPT_SECONDS } })
        .sAdd(given, userId)
        .expire(given, KEPT_SECONDS)
        .exec();
    },
    answered: (taskId) => client.get(name("answer", taskId)),
    wasGiven: async (key, userId) => (await client.sIsMember(name("given", key), userId)) === 1,
    async watch(taskIds) {
      const score = Date.now() + watchedMs;
      if (taskIds.length > 0)
        await client.zAdd(
          watched,
          taskIds.map((value) => ({ value, score })),
        );
    },
    async unwatch(taskId) {
      await client.zAdd(watched, { value: taskId, score: Date.now() + abandonedMs });
    },
    async takeAbandoned() {
      const limit = { BY: "SCORE", LIMIT: { offset: 0, count: MAX_SWEPT } } as const;
      const ids = await client.zRange(watched, "-inf", Date.now(), limit);
      const taken = await Promise.all(ids.map(async (id) => (await client.zRem(watched, id)) === 1));
      return ids.filter((_, at) => taken[at]);
    },
    async stop(taskId, reason) {
      await client.set(name("stopped", taskId), writeFailure(reason), { expiration: { type: "EX", value: KEPT_SECONDS } });
    },
    stopped: (taskId) => client.get(name("stopped", taskId)),
  };
}
