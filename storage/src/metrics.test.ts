import { metrics } from "@refrain/mesh";
import { expect, test } from "vitest";
import { measured, showConnections } from "./metrics.js";

test("every query is measured under its name, with how it ended, and answers as before", async () => {
  const refuse = () => Promise.reject(new Error("no database"));
  const users = measured("test_users", { find: async (id: string) => `user ${id}`, update: refuse });
  expect(await users.find("7")).toBe("user 7");
  await expect(users.update()).rejects.toThrow("no database");
  const shown = await metrics.metrics();
  expect(shown).toContain('refrain_database_query_duration_seconds_count{query="test_users.find",outcome="ok"} 1');
  expect(shown).toContain('refrain_database_query_duration_seconds_count{query="test_users.update",outcome="failed"} 1');
});

test("shows how many connections work, and how many calls wait for one", async () => {
  showConnections({ totalCount: 5, idleCount: 2, waitingCount: 4 });
  const shown = await metrics.metrics();
  expect(shown).toContain("refrain_database_connections_in_use 3");
  expect(shown).toContain("refrain_database_connections_waiting 4");
});
