import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SearchKind, StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { callFor } from "./lanes.js";
import { median, printTable } from "./table.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = "a-key-for-the-benchmark";
const QUERIES = 100;
const TRACKS = 50;

/** 50 tracks, as a search with the largest limit finds them. */
function results() {
  const tracks = Array.from({ length: TRACKS }, (_, index) => {
    const url = `library://${createHash("sha256").update(String(index)).digest("hex")}`;
    const key = createHash("sha256").update(url).digest().subarray(0, 16).toString("base64url");
    return {
      key,
      id: String(index),
      title: `Track number ${index}`,
      uploader: "Imagine Dragons",
      url,
      source: "library",
      durationSeconds: 204,
    };
  });
  return { tracks, failedSources: [] };
}

/** Storage as it runs, on the embedded database in a folder of its own. Resolves with its gRPC address. */
async function startStorage(folder: string) {
  const ports = { STORAGE_PORT: "0", STORAGE_HTTP_PORT: "0", STORAGE_OPS_PORT: "0" };
  const env = {
    ...process.env,
    ...ports,
    DATA_DIR: folder,
    DATABASE_URL: "",
    STORAGE_API_KEYS: `bench:${KEY}`,
    STOP_GRACE_MS: "0",
  };
  const child = spawn(process.execPath, ["storage/dist/main.js"], { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const grpc = /"msg":"ready"/.test(line) ? /"grpc":"([^"]+)"/.exec(line)?.[1] : undefined;
    if (grpc) return { child, target: `ipv4:${grpc}` };
  }
  throw new Error("storage did not start");
}

/** GetSearchCache of 50 tracks through the whole of storage, on the embedded database, 64 in flight. */
export async function benchSearchCache(rounds: number, roundMs: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-bench-"));
  const { child, target } = await startStorage(folder);
  const { client, close } = createServiceClient(StorageService, { target, key: KEY, defaultTimeoutMs: 10_000 });
  const query = (index: number) => ({ kind: SearchKind.QUERY, query: `query number ${index % QUERIES}` });
  try {
    for (let index = 0; index < QUERIES; index++) await client.setSearchCache({ ...query(index), results: results() });
    let index = 0;
    const get = async () => {
      const { results: found } = await client.getSearchCache(query(index++));
      if (found?.tracks.length !== TRACKS) throw new Error("a wrong answer");
    };
    await callFor(get, roundMs); // warm up
    const perSecond: number[] = [];
    for (let round = 0; round < rounds; round++) perSecond.push(await callFor(get, roundMs));
    printTable(
      "GetSearchCache, 50 tracks, embedded database, 64 in flight",
      ["calls/s, median"],
      [[median(perSecond).toFixed(0)]],
    );
  } finally {
    close();
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
    await rm(folder, { recursive: true, force: true });
  }
}
