import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { TEST_KEY, until } from "@refrain/mesh/testing";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { track } from "./samples.js";
import { startPostgres } from "./postgres-server.js";
import { startStorage, type StorageProcess } from "./storage-process.js";
import { withPostgres } from "./with-postgres.js";

const START_MS = 120_000;
const WAIT_MS = 20_000;

function connect(storage: StorageProcess) {
  const service = createServiceClient(StorageService, {
    target: `dns:///${storage.grpcAddress}`,
    key: TEST_KEY,
    defaultTimeoutMs: 30_000,
  });
  onTestFinished(() => service.close());
  return service.client;
}

withPostgres((bin) => {
  describe("two replicas on one database", { timeout: START_MS }, () => {
    test("tell each other of work, also after the connection for that broke", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("replicas");
      const replicas = await Promise.all([startStorage({ DATABASE_URL: url }), startStorage({ DATABASE_URL: url })]);
      onTestFinished(() => Promise.all(replicas.map((replica) => replica.kill("SIGTERM"))).then(() => {}));
      const [here, there] = replicas.map(connect);
      const admin = new Client({ connectionString: url });
      await admin.connect();
      onTestFinished(() => admin.end());
      const listeners = async () => {
        const { rows } = await admin.query("SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN refrain_deliveries'");
        return rows.length;
      };

      const deliver = async (requestKey: string) => {
        const waiting = there?.claimDeliveries({ botId: "bot", claimer: "one", waitMs: WAIT_MS });
        const deliveries = [{ track: track() }];
        await here?.createDeliveries({ botId: "bot", requestKey, userId: requestKey, chatId: 1n, deliveries });
        expect((await waiting)?.deliveries).toHaveLength(1);
      };

      await until(async () => (await listeners()) === 2);
      await deliver("1");
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN refrain_deliveries'");
      await until(async () => (await listeners()) === 2);
      await deliver("2");
    });

    test("hear a notification at once", async () => {
      const server = await startPostgres(bin);
      onTestFinished(() => server.stop());
      const url = await server.createDatabase("heard");
      const replica = await startStorage({ DATABASE_URL: url });
      onTestFinished(() => replica.kill("SIGTERM").then(() => {}));
      const listener = new Client({ connectionString: url });
      await listener.connect();
      onTestFinished(() => listener.end());
      const heard: (string | undefined)[] = [];
      listener.on("notification", ({ payload }) => heard.push(payload));
      await listener.query("LISTEN refrain_deliveries");
      const request = { botId: "bot", requestKey: "1", userId: "a", chatId: 1n, deliveries: [{ track: track() }] };
      await connect(replica).createDeliveries(request);
      await until(() => heard.length > 0);
      // Asking again creates nothing, and tells nobody.
      await connect(replica).createDeliveries(request);
      await connect(replica).createDeliveries({ ...request, requestKey: "2" });
      await until(() => heard.length > 1);
      expect(heard).toEqual(['{"botId":"bot"}', '{"botId":"bot"}']);
    });
  });
});
