import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { startPostgres, type PostgresServer } from "./postgres-server.js";
import { failToStart, startStorage } from "./storage-process.js";
import { withPostgres } from "./with-postgres.js";

const START_MS = 120_000;

/** One line on stderr, exit code 1, and not a word of the password. */
function expectRefusal({ code, stderr, stdout }: { code: number | null; stderr: string; stdout: string }, says: RegExp): void {
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(says);
  expect(code).toBe(1);
  expect(stdout).not.toContain("ready");
}

describe("a start of storage", () => {
  test(
    "on a folder in use says by which process, and leaves that one alone",
    async () => {
      const settings = { DATA_DIR: await temporaryFolder() };
      const first = await startStorage(settings);
      onTestFinished(() => first.kill("SIGKILL").then(() => {}));
      expectRefusal(await failToStart(settings), new RegExp(`in use by process ${first.pid}: stop that one, or set DATA_DIR`));
      const health = await fetch(`http://${first.httpAddress}/health`);
      expect(health.status).toBe(200);
      expect(await health.json()).toMatchObject({
        status: "healthy",
        database_connected: true,
        dependencies: { database: { ok: true } },
      });
      expect(await first.kill("SIGTERM")).toMatchObject({ code: 0 });
      expect(await readdir(join(settings.DATA_DIR, "storage"))).toEqual(["db"]);
    },
    START_MS,
  );

  test(
    "with an address that is none names the variable, and does not repeat what may hold a password",
    async () => {
      const refusal = await failToStart({ DATABASE_URL: "mysql://root:hunter2@127.0.0.1/refrain" });
      expectRefusal(refusal, /DATABASE_URL.*Example: DATABASE_URL=postgresql:/);
      expect(refusal.stderr).not.toContain("hunter2");
    },
    START_MS,
  );

  test(
    "without a database that answers says where it looked, and makes no folder",
    async () => {
      const dataDir = join(await temporaryFolder(), "data");
      const settings = { DATABASE_URL: "postgresql://refrain:hunter2@127.0.0.1:1/refrain", DATA_DIR: dataDir };
      const refusal = await failToStart(settings);
      expectRefusal(refusal, /cannot reach PostgreSQL at 127\.0\.0\.1:1 \(ECONNREFUSED\): is it running/);
      expect(refusal.stderr).not.toContain("hunter2");
      expect(existsSync(dataDir)).toBe(false);
    },
    START_MS,
  );

  test.each([
    ["an edited migration", "UPDATE _prisma_migrations SET checksum = 'edited'", /was edited.*put its migration\.sql back/],
    ["a failed migration", "UPDATE _prisma_migrations SET finished_at = NULL", /failed earlier.*migrate resolve/],
    [
      "a database newer than the code",
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('1', '', '9_later', now())",
      /newer than this version.*9_later/,
    ],
  ])(
    "with %s says what to do, and gives the folder free again",
    async (_, damage, says) => {
      const dataDir = await temporaryFolder();
      const damaged = await openDatabase({ kind: "embedded", dataDir });
      await damaged.pool.query(damage);
      await damaged.close();
      expectRefusal(await failToStart({ DATA_DIR: dataDir }), says);
      expect(await readdir(join(dataDir, "storage"))).toEqual(["db"]);
    },
    START_MS,
  );
});

withPostgres((bin) => {
  describe("a start of storage on a server", () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres(bin);
    }, START_MS);
    afterAll(async () => {
      await server?.stop();
    });
    const address = async (name: string) => new URL((await server?.createDatabase(name)) ?? "");
    const open = async (url: URL) => {
      const opened = openDatabase({ kind: "server", url: url.href, poolSize: 2 });
      return opened.then(
        (database) => database.close().then(() => "opened"),
        (error: unknown) => String(error),
      );
    };

    test(
      "with a wrong password says whose it is, and never shows it",
      async () => {
        const url = await address("password");
        url.password = "not-the-password";
        const refusal = await failToStart({ DATABASE_URL: url.href });
        expectRefusal(refusal, /refused user refrain: check user and password in DATABASE_URL/);
        expect(refusal.stderr + refusal.stdout).not.toContain("not-the-password");
      },
      START_MS,
    );

    test("without the password that is asked for, or with TLS that is not there, says what to check", async () => {
      const url = await address("handshake");
      const plain = url.href;
      url.password = "";
      expect(await open(url)).toMatch(/did not agree.*check password and sslmode/);
      const tls = new URL(plain);
      tls.searchParams.set("sslmode", "verify-full");
      const refusal = await open(tls);
      expect(refusal).toMatch(/did not agree.*SSL.*check password and sslmode/);
      expect(refusal).not.toContain(tls.password);
    });

    test("without the database says which one is missing", async () => {
      const url = await address("there");
      url.pathname = "/not-there";
      expect(await open(url)).toMatch(/no database not-there: create it/);
    });

    test("with a schema in the address says that it takes whole databases", async () => {
      const url = await address("schema");
      url.searchParams.set("schema", "other");
      expect(await open(url)).toMatch(/schema=…, which is not supported/);
    });

    test("as a user who may not create tables says so", async () => {
      const url = await address("rights");
      const admin = await openDatabase({ kind: "server", url: url.href.replace("/rights", "/postgres"), poolSize: 1 });
      await admin.pool.query("CREATE USER guest PASSWORD 'guest'");
      await admin.close();
      url.username = "guest";
      url.password = "guest";
      expect(await open(url)).toMatch(/guest may not create tables/);
    });

    test("by five replicas at once applies each migration once", async () => {
      const url = await address("replicas");
      expect(await Promise.all(Array.from({ length: 5 }, () => open(url)))).toEqual(Array.from({ length: 5 }, () => "opened"));
      const database = await openDatabase({ kind: "server", url: url.href, poolSize: 1 });
      const { rows } = await database.pool.query(
        "SELECT migration_name, count(*)::int AS times FROM _prisma_migrations GROUP BY 1",
      );
      await database.close();
      expect(rows.length).toBeGreaterThan(1);
      expect(new Set(rows.map(({ times }) => times))).toEqual(new Set([1]));
    });
  });
});
