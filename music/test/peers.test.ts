import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { createFetch, openRedis, serveHttp, type Tls } from "@refrain/mesh";
import { hasRedis, silentLogger, startRedis, TEST_KEY, TEST_KEYS, temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { storedName } from "../src/files/file-names.js";
import { openFiles } from "../src/files/open-files.js";
import { createTestAuthority } from "@refrain/mesh/testing-certificates";
import { bigJpeg } from "./pictures.js";
import { startUp } from "./start-up.js";
import { put, requestFor } from "./stored-files.js";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const BEAT_MS = 100;
const signal = new AbortController().signal;

/** One replica: files, and a real HTTP door before them, until the test has finished or `stop` is called. */
async function startReplica(
  redisUrl: string,
  { peerUrl, key = TEST_KEY, tls }: { peerUrl?: string; key?: string; tls?: Tls } = {},
) {
  const root = await temporaryFolder();
  const logger = silentLogger();
  const redis = await openRedis(redisUrl, logger, { answerMs: 5_000 });
  const files = await openFiles({
    blobs: { kind: "folder", folder: join(root, "files") },
    coversFolder: join(root, "covers"),
    partsFolder: join(root, "parts"),
    maxBytes: 10_000_000,
    maxAgeMs: 0,
    toolPath: "/usr/bin",
    logger,
    redis,
    key,
    tls,
    beatMs: BEAT_MS,
  });
  const asked: string[] = [];
  const route = {
    ...files.route,
    handle(...[request, response]: Parameters<typeof files.route.handle>) {
      asked.push(`${request.method} ${request.url}`);
      files.route.handle(request, response);
    },
  };
  const health = async () => ({ dependencies: {} });
  const stopTimes = { graceMs: 0, drainMs: 0 };
  const ports = { http: 0, ops: 0 };
  const options = { name: "music", version: "1", host: "127.0.0.1", ports, logger, health, stop: stopTimes };
  const server = await serveHttp({ ...options, keys: TEST_KEYS, routes: [route], tls });
  const address = server.addresses["http"] ?? "";
  files.join(address, peerUrl);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await server.close();
    await files.close();
    redis.close();
  };
  onTestFinished(stop);
  const fetch = await createFetch(tls);
  const url = `${tls ? "https" : "http"}://${address}`;
  const get = (name: string, headers: Record<string, string> = {}, method = "GET") =>
    fetch(`${url}/files/${name}`, { method, headers: { authorization: `Bearer ${TEST_KEY}`, ...headers } });
  const add = (id: string, content = CONTENT, cover?: Buffer) =>
    put(files.store, id, content, { folder: root, ...(cover && { cover }) });
  return { ...files, root, redis, address, asked, get, add, stop };
}

const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe.skipIf(!hasRedis)("several replicas with one Redis", () => {
  test("a file asked of a replica that does not have it arrives, whole and in part, with its type and ETag", async () => {
    const { url } = await startRedis();
    const [one, other] = [await startReplica(url), await startReplica(url)];
    const name = await one.add("a");
    await until(async () => (await other.get(name)).status === 200);
    const whole = await other.get(name);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "audio/mpeg",
      "content-length": String(CONTENT.length),
      "accept-ranges": "bytes",
      etag: `"${name}"`,
      "x-content-type-options": "nosniff",
    });
    expect((await bytes(whole)).equals(CONTENT)).toBe(true);
    const part = await other.get(name, { range: "bytes=1000-1999", "if-range": `"${name}"` });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 1000-1999/${CONTENT.length}`]);
    expect((await bytes(part)).equals(CONTENT.subarray(1000, 2000))).toBe(true);
    const outdated = await other.get(name, { range: "bytes=0-9", "if-range": '"another"' });
    expect([outdated.status, (await bytes(outdated)).length]).toEqual([200, CONTENT.length]);
    expect((await other.get(name, { range: `bytes=${CONTENT.length}-` })).status).toBe(416);
    const head = await other.get(name, {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, String(CONTENT.length), ""]);
    const known = { "if-none-match": `"${name}"`, "cache-control": "max-age=0" };
    expect((await other.get(name, known)).status).toBe(304);
    expect(other.store.usage().files).toBe(0);
  });

  test("what one replica has stored, the others find at once", async () => {
    const { url } = await startRedis();
    const replicas = [await startReplica(url), await startReplica(url), await startReplica(url)];
    await until(async () => (await liveReplicas(replicas[0])) === 3);
    await replicas[0]?.add("a");
    for (const { store } of replicas) expect((await store.find(requestFor("a")))?.track.title).toBe("a");
    expect(await replicas[1]?.store.find(requestFor("b"))).toBeUndefined();
  });

  test("what was stored before a replica joined is known too, and is forgotten with it", async () => {
    const { url } = await startRedis();
    const one = await startReplica(url);
    const name = await one.add("a");
    const other = await startReplica(url);
    await until(async () => (await other.store.find(requestFor("a"))) !== undefined);
    await one.stop();
    expect(await other.store.find(requestFor("a"))).toBeUndefined();
    expect((await other.get(name)).status).toBe(404);
  });

  test("covers of a library are served by replicas that do not have them", async () => {
    const { url } = await startRedis();
    const [one, other] = [await startReplica(url), await startReplica(url)];
    const name = (await one.covers.save(bigJpeg(50, 50), signal)) ?? "";
    await until(async () => (await other.get(name)).status === 200);
    expect((await other.get(name)).headers.get("content-type")).toBe("image/jpeg");
  });

  test("a file that nobody has is 404, and no question goes round", async () => {
    const { url } = await startRedis();
    const [one, other] = [await startReplica(url), await startReplica(url)];
    await until(async () => (await liveReplicas(one)) === 2);
    const name = storedName("cd".repeat(32), "mp3");
    // Both are believed to have it.
    for (const id of await one.redis.client.sMembers("{refrain:music}:files:replicas"))
      await one.redis.client.sAdd(`{refrain:music}:files:of:${id}`, name);
    expect((await one.get(name)).status).toBe(404);
    expect([one.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  test("a replica that vanished is passed over: the next one that has the file serves it", async () => {
    const { url } = await startRedis();
    const [one, two, asked] = [
      await startReplica(url, { peerUrl: "http://127.0.0.1:1" }),
      await startReplica(url),
      await startReplica(url),
    ];
    const name = await one.add("a");
    await two.add("a");
    await until(async () => (await liveReplicas(asked)) === 3);
    for (let time = 0; time < 10; time++) expect((await bytes(await asked.get(name))).length).toBe(CONTENT.length);
    expect((await asked.store.find(requestFor("a")))?.track.title).toBe("a");
  });

  test("without Redis its own files are served at once, others' are not said to be gone; when it is back, empty, they are served too", async () => {
    const server = await startRedis();
    const [one, other] = [await startReplica(server.url), await startReplica(server.url)];
    const name = await one.add("a");
    await until(async () => (await other.get(name)).status === 200);
    await server.kill();
    expect((await one.get(name)).status).toBe(200);
    expect((await one.store.find(requestFor("a")))?.track.title).toBe("a");
    expect((await other.get(name)).status).toBe(503);
    const later = await one.add("b", Buffer.from("stored meanwhile"));
    await server.start();
    await until(async () => (await other.get(name)).status === 200 && (await other.get(later)).status === 200);
  });

  test("a caller who reads slowly holds back the other replica: the file does not pile up in between", async () => {
    const { url } = await startRedis();
    const [one, other] = [await startReplica(url), await startReplica(url)];
    const large = Buffer.alloc(9_000_000, 1);
    const name = await one.add("a", large);
    await until(async () => (await other.get(name, {}, "HEAD")).status === 200);
    const before = process.memoryUsage().rss;
    const slow = Array.from({ length: 20 }, () => openSlowly(other.address, name));
    const sockets = await Promise.all(slow);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Twenty files are 180 MB; what lies in sockets and streams is far less.
    expect(process.memoryUsage().rss - before).toBeLessThan(120_000_000);
    for (const { resume } of sockets) expect(await resume()).toBe(large.length);
  });

  test("with mutual TLS too", async () => {
    const { url } = await startRedis();
    const tls = await (await createTestAuthority()).issue();
    const [one, other] = [await startReplica(url, { tls }), await startReplica(url, { tls })];
    const name = await one.add("a");
    await until(async () => (await other.get(name)).status === 200);
    expect((await bytes(await other.get(name, { range: "bytes=10-19" }))).equals(CONTENT.subarray(10, 20))).toBe(true);
    expect((await other.store.find(requestFor("a")))?.track.title).toBe("a");
  });

  test("the whole service: what one replica has downloaded, the other answers with at once, and serves", async () => {
    const { url } = await startRedis();
    const [one, other] = [await startUp({ REDIS_URL: url }), await startUp({ REDIS_URL: url })];
    const first = one.download("ann");
    expect(await first.ended).toBeUndefined();
    const file = first.messages.at(-1)?.file;
    const again = other.download("ben");
    expect(await again.ended).toBeUndefined();
    expect(again.messages).toHaveLength(1);
    expect(again.messages[0]?.file).toEqual(file);
    const whole = await other.http(file?.fileUrl ?? "");
    expect([whole.status, (await bytes(whole)).length]).toEqual([200, Number(file?.sizeBytes)]);
  });

  test("another service's key opens nothing", async () => {
    const { url } = await startRedis();
    const [one, stranger] = [await startReplica(url), await startReplica(url, { key: "a-key-that-nobody-knows" })];
    const name = await one.add("a");
    await until(async () => (await liveReplicas(one)) === 2);
    expect((await stranger.get(name)).status).toBe(404);
    expect(await stranger.store.find(requestFor("a"))).toBeUndefined();
  });
});

async function liveReplicas(replica: Awaited<ReturnType<typeof startReplica>> | undefined): Promise<number> {
  const client = replica?.redis.client;
  return (await client?.keys("{refrain:music}:files:at:*"))?.length ?? 0;
}

/** Takes the headers, and the body only when told. */
function openSlowly(address: string, name: string): Promise<{ resume: () => Promise<number> }> {
  return new Promise((resolve, reject) => {
    const options = { headers: { authorization: `Bearer ${TEST_KEY}` }, agent: false };
    const request = httpRequest(`http://${address}/files/${name}`, options, (response) => {
      const resume = () =>
        new Promise<number>((done, failed) => {
          let length = 0;
          response.on("data", (chunk: Buffer) => (length += chunk.length));
          response.once("end", () => done(length)).once("error", failed);
        });
      resolve({ resume });
    });
    request.once("error", reject).end();
  });
}
