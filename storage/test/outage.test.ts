import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf, retryAfterMs } from "@refrain/mesh";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { inMemoryClient, until } from "@refrain/mesh/testing";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { toConnectError } from "../src/errors.js";
import { health, isReady } from "../src/health.js";
import { createRepo } from "../src/repo/repo.js";
import { startPostgres } from "./postgres-server.js";
import { routesOn } from "./test-storage.js";
import { withPostgres } from "./with-postgres.js";

const { signal } = new AbortController();

withPostgres((bin) => {
  describe("while the database is away", { timeout: 120_000 }, () => {
    test("calls are UNAVAILABLE, health and readiness say so, and all is well when it is back", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const database = await openDatabase({ kind: "server", url: await server.createDatabase("outage"), poolSize: 2 });
      const broken: Error[] = [];
      const repo = createRepo(database.pool, (error) => broken.push(error));
      onTestFinished(() => repo.close().then(() => database.close()));
      const handlers = routesOn(repo);
      const client = inMemoryClient(StorageService, handlers, toConnectError);
      await client.updateUser({ userId: "u", language: "ru" });

      await server.halt();
      await until(() => broken.length > 0); // the idle connection broke, and nothing else did
      for (const call of [() => client.getUser({ userId: "u" }), () => client.listTracks({ userId: "u" })]) {
        const error = await call().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: Code.Unavailable });
        expect([reasonOf(error), retryAfterMs(error)]).toEqual(["DATABASE_UNAVAILABLE", 1_000]);
        expect(String(error)).not.toMatch(/127\.0\.0\.1|prisma/i);
      }
      expect(await health(repo)(signal)).toMatchObject({
        dependencies: { database: { ok: false, critical: true } },
        fields: { database_connected: false },
      });
      expect(await isReady(repo, signal)).toBe(false);

      await server.resume();
      expect((await client.getUser({ userId: "u" })).user?.language).toBe("ru");
      expect(await isReady(repo, signal)).toBe(true);
    });

    test("a statement that takes too long is stopped, and UNAVAILABLE", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("slow");
      const database = await openDatabase({ kind: "server", url, poolSize: 2 });
      const repo = createRepo(database.pool, () => {});
      onTestFinished(() => repo.close().then(() => database.close()));
      const locker = new Client({ connectionString: url });
      await locker.connect();
      await locker.query("BEGIN; LOCK TABLE users");
      const error = await repo.users.find("u").catch((reason: unknown) => reason);
      await locker.end();
      expect(toConnectError(error)).toMatchObject({ code: Code.Unavailable });
    });

    test("a call that gets no connection is UNAVAILABLE when its time is up, and the next one is served", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("exhausted");
      const database = await openDatabase({ kind: "server", url, poolSize: 1, connectTimeoutMs: 2_000 });
      const repo = createRepo(database.pool, () => {});
      onTestFinished(() => repo.close().then(() => database.close()));
      const handlers = routesOn(repo);
      const client = inMemoryClient(StorageService, handlers, toConnectError);
      const taken = await database.pool.connect();
      const calls = [() => client.getUser({ userId: "u" }), () => client.listTracks({ userId: "u" })];
      for (const error of await Promise.all(calls.map((call) => call().catch((reason: unknown) => reason)))) {
        expect(error).toMatchObject({ code: Code.Unavailable });
        expect(reasonOf(error)).toBe("DATABASE_UNAVAILABLE");
      }
      taken.release();
      for (const call of calls) await call();
    });

    test("a statement is stopped after the time that is set", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("stopped");
      const database = await openDatabase({ kind: "server", url, poolSize: 1, statementTimeoutMs: 100 });
      onTestFinished(() => database.close());
      await expect(database.pool.query("SELECT pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
    });

    test("a database that takes no writes is unwell and not ready, though it answers, until it takes them again", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("standby");
      const database = await openDatabase({ kind: "server", url, poolSize: 1 });
      const repo = createRepo(database.pool, () => {});
      onTestFinished(() => repo.close().then(() => database.close()));
      const handlers = routesOn(repo);
      const client = inMemoryClient(StorageService, handlers, toConnectError);
      const admin = new Client({ connectionString: await server.createDatabase("admin") });
      await admin.connect();
      onTestFinished(() => admin.end());
      /** As a server that becomes a standby, or the primary: connections end, and new ones find it changed. */
      const change = async (setting: string) => {
        await admin.query(`ALTER DATABASE standby ${setting}`);
        await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'standby'");
        await until(() => database.pool.totalCount === 0);
      };
      await change("SET default_transaction_read_only = on");
      const error = await client.updateUser({ userId: "u", language: "ru" }).catch((reason: unknown) => reason);
      expect([Code.Unavailable, "DATABASE_UNAVAILABLE"]).toEqual([error instanceof ConnectError && error.code, reasonOf(error)]);
      expect(await health(repo)(signal)).toMatchObject({
        dependencies: { database: { ok: false, critical: true, detail: "the database takes no writes" } },
        fields: { database_connected: true },
      });
      expect(await isReady(repo, signal)).toBe(false);
      await change("RESET default_transaction_read_only");
      expect(await isReady(repo, signal)).toBe(true);
      await client.updateUser({ userId: "u", language: "ru" });
    });
  });
});
