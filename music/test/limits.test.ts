import { Code, ConnectError } from "@connectrpc/connect";
import { endUser, errorMetadata, reasonOf, retryAfterMs } from "@refrain/mesh";
import { hasRedis, keptLog, startRedis, TEST_KEY, until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { readAll } from "./fake-work.js";
import { connect, startUp } from "./start-up.js";

const ANN = endUser("ann");

/** The contract's own. */
const DEFAULTS = { MUSIC_SEARCHES_PER_MINUTE: "", MUSIC_DOWNLOADS_PER_MINUTE: "", MUSIC_RUNNING_PER_USER: "" };

type Music = Awaited<ReturnType<typeof startUp>>;

/** How many of so many searches are answered; the others are RATE_LIMITED. */
async function searches({ client }: Music, count: number, options = ANN): Promise<number> {
  let answered = 0;
  for (let search = 0; search < count; search++) {
    await client.search({ query: "believer" }, options).then(
      () => answered++,
      (error: unknown) => expect(reasonOf(error)).toBe("RATE_LIMITED"),
    );
  }
  return answered;
}

test("ten searches a minute are answered, of both kinds together; the eleventh is told when to come again", async () => {
  const music = await startUp(DEFAULTS);
  for (let search = 0; search < 5; search++) {
    await music.client.search({ query: "believer" }, ANN);
    await music.client.searchByArtist({ artist: "paper lanterns" }, ANN);
    await expect(music.client.search({ query: "believer", limit: 51 }, ANN)).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  }
  const error: unknown = await music.client.searchByArtist({ artist: "believer" }, ANN).catch((reason: unknown) => reason);
  expect([ConnectError.from(error).code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
  expect(errorMetadata(error)).toEqual({ limit: "10", window_seconds: "60" });
  expect(retryAfterMs(error)).toBeGreaterThan(0);
  expect(await searches(music, 1, endUser("ben"))).toBe(1);
  expect((await music.client.listDownloads({}, ANN)).totalCount).toBe(0); // other calls go on
});

test("the fourth running download of a user is refused, and whoever was cut off comes back", async () => {
  const titles = ["Believer", "Two", "Three", "Four"];
  const music = await startUp({ ...DEFAULTS, LIBRARY_BYTES_PER_SECOND: "2000" }, { titles });
  const [one, two, three, four] = music.tracks.map(({ url }) => url);
  const running = [one, two, three].map((url) => music.download("ann", url));
  await until(() => running.every(({ messages }) => messages.length > 0));
  const error = await music.download("ann", four).ended;
  expect([ConnectError.from(error).code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
  expect(errorMetadata(error)).toEqual({ limit_running: "3" });
  expect(retryAfterMs(error)).toBeGreaterThanOrEqual(5_000);

  running[0]?.hangUp();
  const back = music.download("ann", one);
  await until(() => back.messages.length > 0);
  expect(back.messages[0]?.taskId).toBe(running[0]?.messages[0]?.taskId);

  await music.client.cancelDownload({ taskId: back.messages[0]?.taskId ?? "", userId: "ann" });
  const fourth = music.download("ann", four);
  await until(() => fourth.messages.length > 0);
  for (const { hangUp } of [...running, back, fourth]) hangUp();
});

test("a user of another key is another user, with the same id", async () => {
  const otherKey = "other-key-0123456789";
  const keys = { MUSIC_API_KEYS: `test:${TEST_KEY},other:${otherKey}` };
  const music = await startUp(
    { ...keys, MUSIC_RUNNING_PER_USER: "1", LIBRARY_BYTES_PER_SECOND: "2000" },
    { titles: ["Believer", "Two"] },
  );
  const [one, two] = music.tracks.map(({ url }) => url);
  const ours = music.download("ann", one);
  await until(() => ours.messages.length > 0);
  const taskId = ours.messages[0]?.taskId ?? "";

  const stranger = connect(music.grpc, otherKey);
  await stranger.cancelDownload({ taskId, userId: "ann" });
  expect((await stranger.getDownload({ taskId })).progress?.taskId).toBe(taskId); // it runs on
  const theirs = readAll(async function* (signal) {
    for await (const { progress } of stranger.download({ url: two ?? "", userId: "ann" }, { signal }))
      if (progress) yield progress;
  });
  await until(() => theirs.messages.length > 0);
  expect(reasonOf(await music.download("ann", two).ended)).toBe("RATE_LIMITED");
  for (const { hangUp } of [ours, theirs]) hangUp();
});

describe.skipIf(!hasRedis)("with a Redis", () => {
  test("two services share one limit, and say so in their health", async () => {
    const redis = await startRedis();
    const env = { ...DEFAULTS, REDIS_URL: redis.url };
    const [one, other] = [await startUp(env), await startUp(env)];
    await until(async () => (await healthOf(one)).redis_connected && (await healthOf(other)).redis_connected);
    let users = 0;
    // A machine that is busy for 50 ms is a Redis that does not answer: then the next user is counted by both.
    await until(async () => {
      const user = endUser(`user ${++users}`);
      return (await searches(one, 6, user)) + (await searches(other, 6, user)) === 10;
    });
    const { status, dependencies } = await healthOf(one);
    expect([status, dependencies["redis"]?.ok]).toEqual(["healthy", true]);
  });

  test("frozen, it neither holds up a search nor lifts the limit, and health says what that means", async () => {
    const redis = await startRedis();
    const { lines, logger } = keptLog();
    const music = await startUp({ ...DEFAULTS, REDIS_URL: redis.url }, { logger });
    expect(await searches(music, 4)).toBe(4);
    redis.freeze();
    expect(await searches(music, 8)).toBe(6);
    const { status, redis_connected, dependencies } = await healthOf(music);
    expect([status, redis_connected, dependencies["redis"]?.ok]).toEqual(["degraded", false, false]);
    expect(dependencies["redis"]?.detail).toMatch(/counts its own/);
    expect(lines.join("")).toContain("Redis does not answer");
    redis.thaw();
    await until(async () => (await healthOf(music)).status === "healthy");
  });

  test("dead, at the start or later, it ends nothing", async () => {
    const redis = await startRedis();
    await redis.kill();
    const music = await startUp({ ...DEFAULTS, REDIS_URL: redis.url });
    expect(await searches(music, 11)).toBe(10);
    expect((await healthOf(music)).status).toBe("degraded");
    await redis.start();
    await until(async () => (await healthOf(music)).status === "healthy");
    await redis.kill();
    expect(await searches(music, 11, endUser("ben"))).toBe(10);
  });
});

interface Health {
  status: string;
  redis_connected: boolean;
  dependencies: Record<string, { ok: boolean; detail?: string }>;
}

async function healthOf({ http }: Music): Promise<Health> {
  return (await http("/health", { authorization: "" })).json() as Promise<Health>;
}
