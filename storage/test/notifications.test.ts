import { until } from "@refrain/mesh/testing";
import { Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { listenToReplicas, notifyReplicas, type Call } from "../src/repo/deliveries/notifications.js";
import { createSql } from "../src/repo/sql.js";
import { startPostgres } from "./postgres-server.js";
import { withPostgres } from "./with-postgres.js";

withPostgres((bin) => {
  describe("listening to replicas", { timeout: 120_000 }, () => {
    const setUp = async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const connectionString = await server.createDatabase("notifications");
      const pools = [new Pool({ connectionString, max: 1 }), new Pool({ connectionString })] as const;
      for (const pool of pools) {
        pool.on("error", () => {}); // the server ends before its pools
        onTestFinished(() => pool.end());
      }
      return { listener: pools[0], pool: pools[1] };
    };

    test("hears calls, and passes over what is none", async () => {
      const { listener, pool } = await setUp();
      const heard: Call[] = [];
      const stop = listenToReplicas(listener, (call) => heard.push(call));
      onTestFinished(stop);
      const db = createSql(pool);
      await until(async () => {
        await notifyReplicas(db, { botId: "first" });
        return heard.length > 0;
      });
      for (const payload of ["", "{", "null", "[]", '{"botId":1}', '"bot"']) {
        await pool.query("SELECT pg_notify('refrain_deliveries', $1)", [payload]);
      }
      await notifyReplicas(db, { botId: "last", claimer: "one" });
      await until(() => heard.some(({ botId }) => botId === "last"));
      expect(heard.filter(({ botId }) => botId !== "first")).toEqual([{ botId: "last", claimer: "one" }]);
    });

    test("ends at once, also while it connects", async () => {
      const { listener } = await setUp();
      const stop = listenToReplicas(listener, () => {});
      await stop();
      expect(listener.totalCount).toBe(0);
      const again = listenToReplicas(listener, () => {});
      await until(() => listener.totalCount === 1 && listener.waitingCount === 0);
      await again();
    });
  });
});
