import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { migrate } from "../../src/database/migrate.js";
import { readMigrations } from "../../src/database/migration-files.js";
import type { DayCounts } from "../../src/repo/day-counts.js";
import { startCounts, type RunningCounts } from "../../src/statistics/counts.js";
import { utcDay } from "../../src/utc-day.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const DAY = 24 * 3_600_000;
const OPEN_MS = 120_000;
const { signal } = new AbortController();

/** GetStats. */
export function statisticsSuite(storage: () => TestStorage): void {
  const startReplica = (now: () => Date, dayCounts: Pick<DayCounts, "add"> = storage().repo.dayCounts): RunningCounts => {
    const counts = startCounts({ dayCounts, now, everyMs: DAY, onError: () => {} });
    onTestFinished(() => counts.stop());
    return counts;
  };
  const setUp = () => {
    const clock = testClock();
    const counts = startReplica(clock);
    const client = storage().client(clock, counts);
    const today = async () => (await client.getStats({ days: 1 })).days[0];
    return { clock, counts, client, today };
  };

  describe("the statistics of days", () => {
    beforeEach(async () => {
      await storage().pool.query("TRUNCATE day_counts");
    });

    test("have no gaps, newest first, a week unless more are asked for", async () => {
      const { clock, client, counts } = setUp();
      counts.add("searches", 3);
      await counts.flush();
      const dates = (number: number) => Array.from({ length: number }, (_, i) => utcDay(clock(), i));
      const { days } = await client.getStats({});
      expect(days.map(({ date }) => date)).toEqual(dates(7));
      expect(days.map(({ searches }) => searches)).toEqual([3n, 0n, 0n, 0n, 0n, 0n, 0n]);
      clock.advance(89 * DAY);
      const quarter = (await client.getStats({ days: 90 })).days;
      expect(quarter.map(({ date }) => date)).toEqual(dates(90));
      expect(quarter.at(-1)).toMatchObject({ searches: 3n });
      expect((await client.getStats({ days: 89 })).days.at(-1)).toMatchObject({ searches: 0n });
    });

    test("have each count by its name, and failures by reason", async () => {
      const { counts, today } = setUp();
      counts.add("new_users", 1);
      counts.add("active_users", 2);
      counts.add("searches", 3);
      counts.add("search_hits", 4);
      counts.add("deliveries_created", 5);
      counts.add("deliveries_sent", 6);
      counts.add("deliveries_cancelled", 7);
      counts.add("deliveries_resent", 8);
      counts.add("deliveries_failed/EXPIRED");
      counts.add("deliveries_failed/EXPIRED");
      counts.add("deliveries_failed/TOO_LONG");
      await counts.flush();
      expect(await today()).toMatchObject({
        newUsers: 1n,
        activeUsers: 2n,
        searches: 3n,
        searchHits: 4n,
        deliveriesCreated: 5n,
        deliveriesSent: 6n,
        deliveriesCancelled: 7n,
        deliveriesResent: 8n,
        deliveriesFailed: { EXPIRED: 2n, TOO_LONG: 1n },
      });
    });

    test("count what happened before midnight for the day before, also when it arrives after it", async () => {
      const { clock, client, counts } = setUp();
      counts.add("searches", 1);
      clock.advance(DAY);
      counts.add("searches", 10);
      await counts.flush();
      expect((await client.getStats({ days: 2 })).days.map(({ searches }) => searches)).toEqual([10n, 1n]);
    });

    test("count every search, and those that were found, wherever", async () => {
      const { client, counts, today } = setUp();
      const search = { kind: SearchKind.QUERY, query: unique("query") };
      await client.getSearchCache(search);
      await client.setSearchCache({ ...search, results: { tracks: [track()] } });
      await client.getSearchCache(search);
      await client.getSearchCache(search);
      await counts.flush();
      expect(await today()).toMatchObject({ searches: 3n, searchHits: 2n });
    });

    test("add up what replicas count, also when they flush the same names crosswise", async () => {
      const { clock, today } = setUp();
      const names = ["searches", "search_hits", "new_users", "active_users"] as const;
      const replicas = Array.from({ length: 8 }, () => startReplica(clock));
      for (let round = 0; round < 5; round++) {
        for (const [i, replica] of replicas.entries()) {
          for (const name of i % 2 ? names : names.toReversed()) replica.add(name, i + 1);
        }
        await Promise.all(replicas.map((replica) => replica.flush()));
      }
      const sum = BigInt(5 * 36);
      expect(await today()).toMatchObject({ searches: sum, searchHits: sum, newUsers: sum, activeUsers: sum });
    });

    test("count once what arrived though nobody was told", async () => {
      const { clock, today } = setUp();
      const { dayCounts } = storage().repo;
      let isCutOff = true;
      const counts = startReplica(clock, {
        async add(...args) {
          await dayCounts.add(...args);
          if (isCutOff) throw new Error("connection lost");
        },
      });
      counts.add("searches", 5);
      await expect(counts.flush()).rejects.toThrow("connection lost");
      counts.add("searches", 70);
      await expect(counts.flush()).rejects.toThrow("connection lost");
      isCutOff = false;
      await counts.flush();
      expect(await today()).toMatchObject({ searches: 75n });
    });

    test("lose nothing that did not arrive", async () => {
      const { clock, today } = setUp();
      const { dayCounts } = storage().repo;
      let isAway = true;
      const counts = startReplica(clock, {
        add: (...args) => (isAway ? Promise.reject(new Error("away")) : dayCounts.add(...args)),
      });
      for (let i = 0; i < 3; i++) {
        counts.add("searches");
        await expect(counts.flush()).rejects.toThrow("away");
      }
      isAway = false;
      await counts.flush();
      expect(await today()).toMatchObject({ searches: 3n });
    });

    test("are forgotten day by day", async () => {
      const { clock, client, counts } = setUp();
      counts.add("searches");
      await counts.flush();
      const { dayCounts } = storage().repo;
      clock.advance(9 * DAY);
      expect(await dayCounts.sweep(10, clock(), signal)).toBe(0);
      expect((await client.getStats({ days: 10 })).days.at(-1)).toMatchObject({ searches: 1n });
      clock.advance(DAY);
      // The count, and the note of who flushed it.
      expect(await dayCounts.sweep(10, clock(), signal)).toBe(2);
      expect((await client.getStats({ days: 11 })).days.at(-1)).toMatchObject({ searches: 0n });
    });
  });

  describe("the number of users", () => {
    const rows = async () => {
      const { rows: found } = await storage().pool.query<{ users: string }>("SELECT count(*) AS users FROM users");
      return BigInt(found[0]?.users ?? -1);
    };

    test("is that of all who were ever seen, each once, whoever comes at once", async () => {
      const client = storage().client();
      const before = (await client.getStats({})).users;
      expect(before).toBe(await rows());
      const names = Array.from({ length: 10 }, () => unique("user"));
      await Promise.all([...names, ...names].map((userId) => client.updateUser({ userId, language: "ru" })));
      await Promise.all(names.map((userId) => client.updateUser({ userId, language: "en" })));
      expect((await client.getStats({})).users).toBe(before + 10n);
      await storage().pool.query("DELETE FROM users WHERE user_id = ANY($1)", [names.slice(0, 4)]);
      expect((await client.getStats({})).users).toBe(before + 6n);
      expect(await rows()).toBe(before + 6n);
    });

    test("includes those from before it was kept", { timeout: OPEN_MS }, async () => {
      const database = await storage().emptyDatabase();
      onTestFinished(() => database.close());
      const { client } = database;
      const migrations = await readMigrations();
      const counted = migrations.findIndex(({ name }) => name.endsWith("_user_counts"));
      await migrate(client, migrations.slice(0, counted));
      await client.query("INSERT INTO users (user_id, updated_at) SELECT 'user' || i, now() FROM generate_series(1, 1000) i");
      await migrate(client, migrations);
      await client.query("INSERT INTO users (user_id, updated_at) VALUES ('another', now())");
      const { rows: found } = await client.query("SELECT sum(users)::int AS users FROM user_counts");
      expect(found).toEqual([{ users: 1_001 }]);
    });
  });

  describe("the queue", () => {
    beforeEach(async () => {
      await storage().pool.query("TRUNCATE delivery_batches CASCADE");
    });

    test("is empty, and has no oldest, when nobody waits", async () => {
      const { queue } = await storage().client().getStats({});
      expect(queue).toMatchObject({ pending: 0, claimed: 0, sending: 0 });
      expect(queue?.oldestCreatedAt).toBeUndefined();
    });

    test("has the deliveries that are not final, by state, and when the oldest was created", async () => {
      await addBatch("2026-01-01T00:00:00Z", [4, 5, 6]);
      await addBatch("2026-03-03T03:03:03.003Z", [1, 1, 4]);
      await addBatch("2026-02-02T02:02:02.002Z", [1, 2, 2, 3, 5, 6]);
      const { queue } = await storage().client().getStats({});
      expect(queue).toMatchObject({ pending: 3, claimed: 2, sending: 1 });
      expect(queue?.oldestCreatedAt).toMatchObject({ seconds: 1_769_997_722n, nanos: 2_000_000 });
    });
  });

  /** A batch with a delivery in each of these states. */
  async function addBatch(createdAt: string, states: readonly number[]): Promise<void> {
    await storage().pool.query(
      `WITH batch AS (
         INSERT INTO delivery_batches
           (id, bot_id, request_key, user_id, chat_id, title, context, turn, open, ttl_seconds, created_at, expires_at)
         VALUES (gen_random_uuid(), 'bot', $1, 'user', 7, '', '', $2, $3, 60, $2, $2)
         RETURNING id)
       INSERT INTO deliveries (id, batch_id, position, bot_id, track_key, format, track, state, place, not_before)
       SELECT gen_random_uuid(), batch.id, position, 'bot', 'key', 1, '', state, position, $2
       FROM batch, unnest($4::int[]) WITH ORDINALITY AS asked (state, position)`,
      [unique("request"), createdAt, states.filter((state) => state < 4).length, states],
    );
  }
}
