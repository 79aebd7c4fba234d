import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { TEST_KEY, temporaryFolder } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { startStorage } from "./storage-process.js";

const WAIT_MS = 30_000;

test("a stop sends claimers home who wait for work, and does not wait for them", { timeout: 120_000 }, async () => {
  const storage = await startStorage({ DATA_DIR: await temporaryFolder() });
  onTestFinished(() => storage.kill("SIGKILL").then(() => {}));
  const target = `dns:///${storage.grpcAddress}`;
  const { client, close } = createServiceClient(StorageService, { target, key: TEST_KEY, defaultTimeoutMs: 2 * WAIT_MS });
  onTestFinished(() => close());
  await client.getStats({}); // connected
  const startedAt = performance.now();
  const waiting = client.claimDeliveries({ botId: "bot", claimer: "one", waitMs: WAIT_MS });
  // Once an answer came to a call behind it, it has arrived.
  await client.getStats({});
  expect(await storage.kill("SIGTERM")).toMatchObject({ code: 0 });
  expect((await waiting).deliveries).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(WAIT_MS);
});
