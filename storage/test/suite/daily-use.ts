import { describe, expect, test } from "vitest";
import { utcDay } from "../../src/utc-day.js";
import { unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const DAY = 24 * 3_600_000;

/** What UpdateUser counts, and GetUser tells. */
export function dailyUseSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const clock = testClock();
    const counted: string[] = [];
    const client = storage().client(clock, { add: (name) => counted.push(name) });
    const userId = unique("user");
    const use = async (key: string, searches = 0, downloads = 0) =>
      (await client.updateUser({ userId, addUse: { key, searches, downloads } })).user?.dailyUse;
    const told = async () => (await client.getUser({ userId })).user?.dailyUse;
    return { clock, counted, client, userId, use, told };
  };

  describe("daily use", () => {
    test("adds up over a day, and starts from 0 with the next one (UTC)", async () => {
      const { clock, use, told } = setUp();
      const date = utcDay(clock());
      expect(await told()).toMatchObject({ date, searches: 0, downloads: 0 });
      expect(await use("1", 1, 10)).toMatchObject({ date, searches: 1, downloads: 10 });
      expect(await use("2", 2, 20)).toMatchObject({ date, searches: 3, downloads: 30 });
      expect(await told()).toMatchObject({ date, searches: 3, downloads: 30 });
      clock.advance(DAY);
      const next = utcDay(clock());
      expect(await told()).toMatchObject({ date: next, searches: 0, downloads: 0 });
      expect(await use("1", 5)).toMatchObject({ date: next, searches: 5, downloads: 0 });
    });

    test("counts a key once a day, while it is one of the last 32", async () => {
      const { use } = setUp();
      for (let i = 0; i < 32; i++) await use(`${i}`, 1);
      for (let i = 0; i < 32; i++) expect(await use(`${i}`, 1)).toMatchObject({ searches: 32 });
      expect(await use("32", 1)).toMatchObject({ searches: 33 });
      expect(await use("1", 1)).toMatchObject({ searches: 33 });
      expect(await use("0", 1)).toMatchObject({ searches: 34 }); // forgotten
    });

    test("gives 100 callers at once 100 different sums, also of a new user", async () => {
      const { counted, use } = setUp();
      const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => use(`${i}`, 1)));
      const searches = sums.map((sum) => sum?.searches ?? 0).toSorted((one, other) => one - other);
      expect(searches).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
      expect(counted).toHaveLength(2);
      expect(new Set(counted)).toEqual(new Set(["active_users", "new_users"]));
    });

    test("counts a call once that is made 20 times at once", async () => {
      const { counted, use } = setUp();
      const sums = await Promise.all(Array.from({ length: 20 }, () => use("update-1", 3, 4)));
      expect(sums).toMatchObject(sums.map(() => ({ searches: 3, downloads: 4 })));
      expect(counted).toHaveLength(2);
      expect(new Set(counted)).toEqual(new Set(["active_users", "new_users"]));
    });

    test("and settings change together, and leave each other alone", async () => {
      const { client, userId, use, told } = setUp();
      await client.updateUser({ userId, language: "ru", addUse: { key: "1", searches: 1 } });
      expect(await use("1", 1)).toMatchObject({ searches: 1 });
      const { user } = await client.updateUser({ userId, language: "en", addUse: { key: "1", searches: 1 } });
      expect(user).toMatchObject({ language: "en", dailyUse: { searches: 1 } });
      await client.updateUser({ userId, blocked: true });
      expect(await told()).toMatchObject({ searches: 1 });
      expect((await client.getUser({ userId })).user).toMatchObject({ language: "en", blocked: true });
    });

    test("stays with the later day when the clock of another replica is behind", async () => {
      const { clock, use, told } = setUp();
      clock.advance(DAY);
      const date = utcDay(clock());
      await use("1", 1);
      clock.advance(-DAY);
      expect(await use("2", 1)).toMatchObject({ date, searches: 2 });
      expect(await told()).toMatchObject({ date, searches: 2 });
    });

    test("stops at the largest number that fits, instead of failing", async () => {
      const { userId, use } = setUp();
      await use("1", 1);
      await storage().pool.query("UPDATE users SET use_searches = 2147483647 WHERE user_id = $1", [userId]);
      expect(await use("2", 1_000)).toMatchObject({ searches: 2_147_483_647 });
    });

    test("makes a user active once a day, and new once", async () => {
      const { clock, counted, client, userId, use } = setUp();
      await client.updateUser({ userId, language: "ru" });
      expect(counted.splice(0)).toEqual(["new_users"]);
      await client.updateUser({ userId, language: "en" });
      expect(counted).toEqual([]);
      await use("1");
      await use("2", 1);
      await use("1");
      expect(counted.splice(0)).toEqual(["active_users"]);
      clock.advance(DAY);
      await use("2", 1);
      await use("3", 1);
      expect(counted).toEqual(["active_users"]);
    });
  });
}
