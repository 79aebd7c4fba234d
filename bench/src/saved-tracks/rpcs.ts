import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
import { callFor } from "../lanes.js";
import { processUsage } from "../process-usage.js";
import { sampleTrack } from "../sample-tracks.js";
import { KEY, startService } from "../service.js";
import { median, type Table } from "../table.js";
import { COLLECTOR } from "./fill.js";
import type { Library } from "./library.js";

type Storage = ServiceClient<typeof StorageService>["client"];

/** Of the tracks that are saved here: none that is there already. */
const FIRST_NEW = 2_000_000_000;

/** The token of the collector's 500th page. */
async function token500(storage: Storage): Promise<string> {
  let pageToken = "";
  for (let rows = 0; rows < 499 * 20; rows += 20 * 5) {
    const pageSize = Math.min(100, 499 * 20 - rows);
    ({ nextPageToken: pageToken } = await storage.listTracks({ userId: COLLECTOR, pageSize, pageToken }));
  }
  return pageToken;
}

async function calls(storage: Storage, library: Library): Promise<Record<string, () => Promise<unknown>>> {
  const pageToken = await token500(storage);
  let saved = FIRST_NEW;
  return {
    "ListTracks, first page of anybody": () => storage.listTracks({ userId: library.someone() }),
    "ListTracks, 500th page": () => storage.listTracks({ userId: COLLECTOR, pageToken }),
    SaveTrack: () => storage.saveTrack({ userId: library.someone(), track: sampleTrack(saved++), sizeBytes: 5_000_000n }),
  };
}

/** The same as RPCs, through the whole of storage. */
export async function measureRpcs(library: Library, rounds: number, roundMs: number): Promise<Table> {
  const service = await startService("storage", { DATABASE_URL: library.url });
  const { client, close } = createServiceClient(StorageService, { target: service.target, key: KEY, defaultTimeoutMs: 10_000 });
  try {
    const rows: string[][] = [];
    for (const [name, call] of Object.entries(await calls(client, library))) {
      const perSecond: number[] = [];
      const cpu: number[] = [];
      for (let round = -1; round < rounds; round++) {
        let done = 0;
        const before = await processUsage(service.process.pid ?? 0);
        const figure = await callFor(async () => void (await call(), done++), roundMs);
        const after = await processUsage(service.process.pid ?? 0);
        if (round < 0) continue; // warmed up
        perSecond.push(figure);
        cpu.push(((after.cpuMs - before.cpuMs) * 1_000) / done);
      }
      rows.push([name, median(perSecond).toFixed(0), median(cpu).toFixed(0)]);
    }
    const title = `The RPCs through gRPC, ${library.amount.tracks.toLocaleString("en")} tracks, 64 in flight, medians`;
    return { title, header: ["", "calls/s", "storage's CPU µs/call"], rows };
  } finally {
    close();
    await service.stop();
  }
}
