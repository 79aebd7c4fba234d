import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, type ServiceClient } from "@refrain/mesh";
import { callFor } from "../lanes.js";
import { processUsage } from "../process-usage.js";
import { sampleTrack } from "../sample-tracks.js";
import { KEY, startService, type Service } from "../service.js";
import { median, type Table } from "../table.js";
import { COLLECTOR } from "./fill.js";
import type { Library } from "./library.js";

type Storage = ServiceClient<typeof StorageService>["client"];

/** So many calls have been compiled, however slow the machine is. */
const WARM_UP_CALLS = 2_000;
const WARM_UP_MS = 500;

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

interface Figures {
  readonly done: number;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

async function measure(service: Service, call: () => Promise<unknown>, ms: number): Promise<Figures> {
  const { pid = 0 } = service.process;
  let done = 0;
  const before = await processUsage(pid);
  const perSecond = await callFor(async () => {
    await call();
    done += 1;
  }, ms);
  const after = await processUsage(pid);
  return { done, perSecond, cpuMicroseconds: ((after.cpuMs - before.cpuMs) * 1_000) / done };
}

/** The same as RPCs, through the whole of storage. */
export async function measureRpcs(library: Library, rounds: number, roundMs: number): Promise<Table> {
  const service = await startService("storage", { DATABASE_URL: library.url });
  const { client, close } = createServiceClient(StorageService, { target: service.target, key: KEY, defaultTimeoutMs: 10_000 });
  try {
    const rows: string[][] = [];
    for (const [name, call] of Object.entries(await calls(client, library))) {
      const measured: Figures[] = [];
      for (let done = 0; done < WARM_UP_CALLS; ) done += (await measure(service, call, WARM_UP_MS)).done;
      for (let round = 0; round < rounds; round++) measured.push(await measure(service, call, roundMs));
      const perSecond = median(measured.map((figures) => figures.perSecond));
      const cpu = median(measured.map((figures) => figures.cpuMicroseconds));
      rows.push([name, perSecond.toFixed(0), cpu.toFixed(0)]);
    }
    const title = `The RPCs through gRPC, ${library.amount.tracks.toLocaleString("en")} tracks, 64 in flight, medians`;
    return { title, header: ["", "calls/s", "storage's CPU µs/call"], rows };
  } finally {
    close();
    await service.stop();
  }
}
