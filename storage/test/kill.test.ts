import { setTimeout as wait } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { TEST_KEY, temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { track } from "./samples.js";
import { startStorage, type StorageProcess } from "./storage-process.js";

const KILLS = 10;
const MAX_WRITING_MS = 400;
const USER = "listener";

function connect(storage: StorageProcess) {
  return createServiceClient(StorageService, {
    target: `dns:///${storage.grpcAddress}`,
    key: TEST_KEY,
    defaultTimeoutMs: 10_000,
  });
}

/** Saves tracks, several at a time, until storage is killed at a random moment. Returns the ids that it acknowledged. */
async function saveUntilKilled(storage: StorageProcess): Promise<string[]> {
  const service = connect(storage);
  const acknowledged: string[] = [];
  const saveOn = async (): Promise<never> => {
    for (;;) {
      const { savedTrack } = await service.client.saveTrack({ userId: USER, track: track() });
      if (savedTrack) acknowledged.push(savedTrack.id);
    }
  };
  const lanes = Promise.allSettled([saveOn(), saveOn(), saveOn()]);
  await until(() => acknowledged.length > 0, 30_000);
  await wait(Math.random() * MAX_WRITING_MS);
  await storage.kill("SIGKILL");
  for (const lane of await lanes) expect(lane).toMatchObject({ status: "rejected", reason: { code: Code.Unavailable } });
  service.close();
  return acknowledged;
}

async function readIds(storage: StorageProcess): Promise<Set<string>> {
  const service = connect(storage);
  const ids = new Set<string>();
  let pageToken = "";
  do {
    const page = await service.client.listTracks({ userId: USER, pageSize: 100, pageToken });
    for (const { id } of page.tracks) ids.add(id);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  service.close();
  return ids;
}

test(`every track that was acknowledged is there after each of ${KILLS} kills during writes`, async () => {
  const settings = { DATA_DIR: await temporaryFolder() };
  const acknowledged: string[] = [];
  let storage = await startStorage(settings);
  // Ends the last one when an expectation fails; else it is gone already.
  onTestFinished(() => storage.kill("SIGKILL").then(() => {}));
  for (let i = 0; i < KILLS; i++) {
    acknowledged.push(...(await saveUntilKilled(storage)));
    storage = await startStorage(settings);
    const kept = await readIds(storage);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  }
  // A test that saves nothing proves nothing.
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);
  expect(await storage.kill("SIGTERM")).toMatchObject({ code: 0 });
}, 180_000);
