import { Client } from "pg";
import sql from "sql-template-tag";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database/database.js";
import { createSql } from "../src/repo/sql.js";
import { startPostgres } from "./postgres-server.js";
import { withPostgres } from "./with-postgres.js";

withPostgres((bin) => {
  test("a connection that is ended between two statements fails its transaction, and nothing else", async () => {
    const server = await startPostgres(bin);
    onTestFinished(() => server.stop());
    const url = await server.createDatabase("lost");
    const database = await openDatabase({ kind: "server", url, poolSize: 2 });
    onTestFinished(() => database.close());
    const administrator = new Client({ connectionString: url });
    await administrator.connect();
    onTestFinished(() => administrator.end());
    const connection = createSql(database.pool);
    const ended = new Promise((resolve) => database.pool.once("connect", (client) => client.once("end", () => resolve(true))));

    const lost = connection.transaction(async (tx) => {
      const [row] = await tx.read<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
      await administrator.query("SELECT pg_terminate_backend($1, 10000)", [row?.pid]);
      await ended;
      await tx.run(sql`SELECT 1`);
    });
    await expect(lost).rejects.toThrow();
    expect(await connection.read(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  }, 60_000);
});
