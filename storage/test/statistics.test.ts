import { temporaryFolder, TEST_KEY } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { startStorage, type StorageProcess } from "./storage-process.js";

const START_MS = 120_000;

async function start(dataDir: string): Promise<StorageProcess> {
  const storage = await startStorage({ DATA_DIR: dataDir });
  onTestFinished(() => storage.kill("SIGKILL").then(() => {}));
  return storage;
}

async function call({ httpAddress }: StorageProcess, method: string, request: object): Promise<unknown> {
  const response = await fetch(`http://${httpAddress}/refrain.storage.v1.StorageService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify(request),
  });
  expect(response.status).toBe(200);
  return response.json();
}

test(
  "what was counted since the last flush is kept when storage is stopped",
  async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    for (let i = 0; i < 3; i++) await call(first, "GetSearchCache", { kind: "SEARCH_KIND_QUERY", query: "believer" });
    await call(first, "UpdateUser", { userId: "1", language: "ru" });
    expect(await first.kill("SIGTERM")).toMatchObject({ code: 0 });
    // Two days, because one may have ended meanwhile.
    const stats = await call(await start(dataDir), "GetStats", { days: 2 });
    expect(stats).toMatchObject({
      users: "1",
      days: expect.arrayContaining([expect.objectContaining({ searches: "3", newUsers: "1" })]),
    });
  },
  START_MS,
);
