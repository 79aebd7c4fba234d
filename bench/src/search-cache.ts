import { createHash } from "node:crypto";
import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { callFor } from "./lanes.js";
import { KEY, startService } from "./service.js";
import { median, type Table } from "./table.js";

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

/** GetSearchCache of 50 tracks through the whole of storage, on the embedded database, 64 in flight. */
export async function benchSearchCache(rounds: number, roundMs: number): Promise<Table[]> {
  const { target, stop } = await startService("storage", { DATABASE_URL: "" });
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
    const title = "GetSearchCache, 50 tracks, embedded database, 64 in flight";
    return [{ title, header: ["", "calls/s, median"], rows: [["storage", median(perSecond).toFixed(0)]] }];
  } finally {
    close();
    await stop();
  }
}
