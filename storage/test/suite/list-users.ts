import { randomUUID } from "node:crypto";
import type { User } from "@refrain/gen/refrain/storage/v1/user_pb";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { seeUser } from "../../src/repo/users.js";

import { plainSql } from "../plain-sql.js";
import { queriesOf } from "../queries.js";

import type { StorageClient, TestStorage } from "../test-storage.js";

/** ListUsers. Other tests have users too: each test here looks behind a name of its own, which sorts last. */
export function listUsersSuite(storage: () => TestStorage): void {
  const setUp = async (count: number) => {
    const client = storage().client();
    // Only these sort behind `zz`, for each test removes its own.
    const prefix = `zz-${randomUUID().slice(0, 8)}-`;
    await storage().pool.query(`DELETE FROM users WHERE user_id > 'zz'`);
    await storage().pool.query(
      `INSERT INTO users (user_id, updated_at, language, blocked)
       SELECT $1 || lpad(i::text, 5, '0'), now(), CASE WHEN i % 2 = 0 THEN 'ru' ELSE 'en' END, i % 5 = 0
       FROM generate_series(1, $2) i`,
      [prefix, count],
    );
    const name = (i: number) => `${prefix}${String(i).padStart(5, "0")}`;
    return { client, name };
  };
  const all = async (client: StorageClient, request: Parameters<StorageClient["listUsers"]>[0]) => {
    const users: User[] = [];
    for await (const page of client.listUsers({ afterUserId: "zz", ...request })) users.push(...page.users);
    return users;
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

  describe("the list of users", () => {
    test("has all of them in order, in messages of up to 500, without the banned ones", async () => {
      const { client, name } = await setUp(1_234);
      const sizes: number[] = [];
      for await (const { users } of client.listUsers({ afterUserId: "zz", includeBlocked: true })) sizes.push(users.length);
      expect(sizes).toEqual([500, 500, 234]);
      const users = await all(client, {});
      expect(users.map(({ userId }) => userId)).toEqual(
        numbers(1_234)
          .filter((i) => i % 5 !== 0)
          .map(name),
      );
    });

    test("has those of one language, also when there are many others between them", async () => {
      const { client, name } = await setUp(1_100);
      await client.updateUser({ userId: name(3), language: "uk" });
      await client.updateUser({ userId: name(1_099), language: "uk" });
      expect((await all(client, { language: "uk" })).map(({ userId }) => userId)).toEqual([name(3), name(1_099)]);
    });

    test("goes on behind a user, who need not be there", async () => {
      const { client, name } = await setUp(4);
      expect((await all(client, { afterUserId: name(2) })).map(({ userId }) => userId)).toEqual([name(3), name(4)]);
      expect((await all(client, { afterUserId: `${name(2)}x` })).map(({ userId }) => userId)).toEqual([name(3), name(4)]);
      expect(await all(client, { afterUserId: name(4) })).toEqual([]);
    });

    test("has users that only asked for a delivery, once", async () => {
      const { client, name } = await setUp(0);
      const db = plainSql(storage().pool);
      const now = new Date();
      const seen = await Promise.all(Array.from({ length: 20 }, () => seeUser(db, name(1), now)));
      expect(seen.filter((isNew) => isNew)).toHaveLength(1);
      expect((await all(client, {})).map(({ userId }) => userId)).toEqual([name(1)]);
    });

    test("reads no further than its caller has taken, and stops when the caller hangs up", async () => {
      const { client } = await setUp(5_000);
      const hangUp = new AbortController();
      const queries = await queriesOf(storage().pool, async () => {
        const pages = client.listUsers({ afterUserId: "zz", includeBlocked: true }, { signal: hangUp.signal });
        const iterator = pages[Symbol.asyncIterator]();
        expect((await iterator.next()).done).toBe(false);
        hangUp.abort();
        const error = await iterator.next().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(ConnectError);
        expect(error).toMatchObject({ code: Code.Canceled });
      });
      // One that was given out, and some that the stream holds: not the eleven that there are.
      expect(queries.length).toBeLessThan(6);
    });
  });
}
