import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openRedis } from "@refrain/mesh";
import { hasRedis, silentLogger, startRedis, temporaryFolder, until } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { QueueUnavailableError } from "../src/errors.js";
import { FileGoneError } from "../src/files/file-home.js";
import { storedName } from "../src/files/file-names.js";
import { openFileStore } from "../src/files/file-store.js";
import { openS3Home } from "../src/files/s3-home.js";
import { turnAlone } from "../src/files/turn-alone.js";
import { hasSwift, startSwift, type SwiftProcess } from "./s3/start-swift.js";
import { put, readStored, requestFor } from "./stored-files.js";

const HOUR_MS = 3_600_000;
const signal = new AbortController().signal;

describe.skipIf(!(await hasSwift()))("a bucket that replicas share", { timeout: 120_000 }, () => {
  let swift: SwiftProcess;
  beforeAll(async () => {
    swift = await startSwift();
  }, 120_000);
  afterAll(() => swift.stop());

  async function openHome(prefix: string) {
    const home = await openS3Home(swift.bucket(prefix));
    onTestFinished(() => home.close());
    return home;
  }

  /** One replica on a place in the bucket. */
  async function startReplica(
    prefix: string,
    { maxBytes = 10_000, alone }: { maxBytes?: number; alone?: ReturnType<typeof turnAlone> } = {},
  ) {
    const time = { ahead: 0 };
    const home = await openS3Home(swift.bucket(prefix));
    const now = () => Date.now() + time.ahead;
    const store = openFileStore({ home, maxBytes, maxAgeMs: 0, now, logger: silentLogger(), alone });
    await store.ready;
    onTestFinished(() => store.close());
    return { home, store, time };
  }

  test("what one replica stores, the others find and read at once", async () => {
    const prefix = randomUUID();
    const [one, other] = [await startReplica(prefix), await startReplica(prefix)];
    const folder = await temporaryFolder();
    const name = await put(one.store, "a", Buffer.from("some audio"), { folder });
    expect((await other.store.find(requestFor("a")))?.track.title).toBe("a");
    expect((await readStored(other.store, name))?.toString()).toBe("some audio");
    const stranger = await startReplica(randomUUID());
    expect(await stranger.store.find(requestFor("a"))).toBeUndefined();
    expect(await readStored(stranger.store, name)).toBeUndefined();
  });

  test("a file that another replica has used since is not removed", async () => {
    const prefix = randomUUID();
    const folder = await temporaryFolder();
    const [one, other] = [await startReplica(prefix, { maxBytes: 150 }), await startReplica(prefix)];
    const name = await put(one.store, "a", Buffer.alloc(100, "a"), { folder });
    await wait(1_100); // the bucket counts whole seconds
    const between = Date.now();
    await wait(1_100);
    expect(await other.home.touch("files", name)).toBe(true);
    expect(await one.home.remove("files", [name], between)).toEqual([]);
    expect((await readStored(other.store, name))?.length).toBe(100);
    expect(await one.home.remove("files", [name], Date.now() + HOUR_MS)).toEqual([name]);
    expect(await other.home.touch("files", name)).toBe(false);
  });

  test("whoever uses a file while it is being removed learns that it goes; whoever saves it, saves it again", async () => {
    const prefix = randomUUID();
    const [home, other] = [await openHome(prefix), await openHome(prefix)];
    const folder = await temporaryFolder();
    const name = storedName("ab".repeat(32), "mp3");
    const path = join(folder, "audio");
    await writeFile(path, "some audio");
    for (let round = 0; round < 3; round++) {
      await home.put(name, path);
      const promised: boolean[] = [];
      const removed = new AbortController();
      const using = (async () => {
        while (!removed.signal.aborted) promised.push(await other.touch("files", name));
      })();
      await home.remove("files", [name], Date.now() + HOUR_MS);
      removed.abort();
      await using;
      const [saved] = await Promise.all([
        other.put(name, path).then(() => other.open(name, undefined, signal)),
        home.remove("files", [name], Date.now() + HOUR_MS),
      ]);
      // Saved before its removal was announced, or after: it is there unless the removal came last.
      if (saved) expect(saved.sizeBytes).toBe(10);
      // Once somebody is told no, nobody is told yes any more.
      expect(promised.slice(promised.indexOf(false)).includes(true) && promised.includes(false)).toBe(false);
    }
  });

  test("a bucket that cannot be reached is an honest error, and nothing counts as stored", async () => {
    const prefix = randomUUID();
    const { store } = await startReplica(prefix);
    const folder = await temporaryFolder();
    await put(store, "a", Buffer.from("some audio"), { folder });
    const elsewhere = await openS3Home({ ...swift.bucket(prefix), endpoint: "http://127.0.0.1:1" });
    const cut = openFileStore({ home: elsewhere, maxBytes: 1_000, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
    onTestFinished(() => cut.close());
    await expect(cut.find(requestFor("a"))).rejects.toThrow(QueueUnavailableError);
    await expect(put(cut, "b", Buffer.from("b"), { folder })).rejects.toThrow(QueueUnavailableError);
    expect(cut.usage()).toEqual({ files: 0, bytes: 0 });
    expect(await cut.probe()).toMatchObject({ ok: false });
    await until(async () => (await store.probe()).ok);
  });

  test("a bucket that says nothing is given up in time, and works again afterwards", async () => {
    const own = await startSwift();
    onTestFinished(() => own.stop());
    const home = await openS3Home(own.bucket("x"));
    const hasty = await openS3Home({ ...own.bucket("x"), answerMs: 1_000 });
    onTestFinished(() => hasty.close());
    const store = openFileStore({ home, maxBytes: 1_000, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
    onTestFinished(() => store.close());
    const folder = await temporaryFolder();
    await put(store, "a", Buffer.from("some audio"), { folder });
    own.freeze();
    await expect(hasty.readEntry("a".repeat(64))).rejects.toThrow(QueueUnavailableError);
    await expect(hasty.touch("files", storedName("ab".repeat(32), "mp3"))).rejects.toThrow(QueueUnavailableError);
    expect(await store.probe()).toMatchObject({ ok: false });
    // What was promised a moment ago needs no question.
    expect((await store.find(requestFor("a")))?.track.title).toBe("a");
    own.thaw();
    await until(async () => (await store.probe()).ok, 30_000);
    expect(await store.find(requestFor("b"))).toBeUndefined();
  });

  test("a file that another replica has removed is known to be gone by whoever wants to read it", async () => {
    const prefix = randomUUID();
    const [one, other] = [await startReplica(prefix), await startReplica(prefix)];
    const name = await put(one.store, "a", Buffer.from("some audio"), { folder: await temporaryFolder() });
    await other.home.remove("files", [name], Date.now() + HOUR_MS);
    await expect(readStored(one.store, name)).rejects.toThrow(FileGoneError);
    expect(await readStored(one.store, name)).toBeUndefined();
    expect(await one.store.find(requestFor("a"))).toBeUndefined();
  });

  test.skipIf(!hasRedis)("one replica at a time makes room, and the bucket keeps within its bound", async () => {
    const { url } = await startRedis();
    const redis = await openRedis(url, silentLogger());
    onTestFinished(() => redis.close());
    await until(() =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
    const prefix = randomUUID();
    const folder = await temporaryFolder();
    const replicas = [
      await startReplica(prefix, { maxBytes: 300, alone: turnAlone(redis) }),
      await startReplica(prefix, { maxBytes: 300, alone: turnAlone(redis) }),
    ];
    for (const id of ["a", "b", "c"]) await put(replicas[0]?.store ?? expect.fail(), id, Buffer.alloc(100, id), { folder });
    for (const { store, time } of replicas) {
      await store.sweep();
      expect(store.usage().bytes).toBe(300);
      time.ahead += HOUR_MS;
    }
    await Promise.all(replicas.map(({ store }, at) => put(store, `new ${at}`, Buffer.alloc(100, at + 1), { folder })));
    for (const { store } of replicas) await store.sweep();
    for (const { store } of replicas) expect(store.usage().bytes).toBeLessThanOrEqual(300);
    expect(await replicas[1]?.store.find(requestFor("new 0"))).toBeDefined();
    expect(await replicas[0]?.store.find(requestFor("new 1"))).toBeDefined();
    const order: string[] = [];
    const turn = (id: string) =>
      turnAlone(redis)(async () => {
        order.push(`${id} begins`);
        await wait(50);
        order.push(`${id} ends`);
        return id;
      });
    const done = await Promise.all([turn("one"), turn("other")]);
    expect(done.filter((id) => id !== undefined)).toHaveLength(1);
    expect(order).toHaveLength(2);
  });
});
