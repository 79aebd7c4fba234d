import { metrics } from "@refrain/mesh";
import { expect, test } from "vitest";
import { countDeliveries, measured, showConnections, showQueue } from "../src/metrics.js";

test("every query is measured under its name, with how it ended, and answers as before", async () => {
  const refuse = () => Promise.reject(new Error("no database"));
  const users = measured("test_users", { find: async (id: string) => `user ${id}`, update: refuse });
  expect(await users.find("7")).toBe("user 7");
  await expect(users.update()).rejects.toThrow("no database");
  const shown = await metrics.metrics();
  expect(shown).toContain('refrain_database_query_duration_seconds_count{query="test_users.find",outcome="ok"} 1');
  expect(shown).toContain('refrain_database_query_duration_seconds_count{query="test_users.update",outcome="failed"} 1');
});

test("deliveries are counted by what became of them, without callers' own words", async () => {
  countDeliveries("deliveries_sent", 2);
  countDeliveries("deliveries_failed/TOO_LONG", 1);
  countDeliveries("deliveries_failed/EXPIRED", 1);
  countDeliveries("searches", 5);
  const shown = await metrics.metrics();
  const lines = shown.split("\n").filter((line) => line.startsWith("refrain_queue_deliveries_total"));
  expect(lines).toEqual([
    'refrain_queue_deliveries_total{outcome="sent"} 2',
    'refrain_queue_deliveries_total{outcome="failed"} 2',
  ]);
});

test("shows how long the queue is, and how old", async () => {
  const now = new Date();
  showQueue({ pending: 3, claimed: 2, sending: 1, oldestCreatedAt: new Date(now.getTime() - 90_000) }, now);
  const shown = await metrics.metrics();
  expect(shown).toContain("refrain_queue_length 6");
  expect(shown).toContain("refrain_queue_oldest_seconds 90");
  showQueue({ pending: 0, claimed: 0, sending: 0, oldestCreatedAt: null }, now);
  expect(await metrics.metrics()).toContain("refrain_queue_oldest_seconds 0");
});

test("shows how many connections work, and how many calls wait for one", async () => {
  showConnections({ totalCount: 5, idleCount: 2, waitingCount: 4 });
  const shown = await metrics.metrics();
  expect(shown).toContain("refrain_database_connections_in_use 3");
  expect(shown).toContain("refrain_database_connections_waiting 4");
});
