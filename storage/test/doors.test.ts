import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient, mount, serve } from "@refrain/mesh";
import { silentLogger, TEST_KEY, TEST_KEYS } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { embeddedKind } from "./embedded-kind.js";
import { track } from "./samples.js";
import { openTestStorage, type StorageClient, routesOn } from "./test-storage.js";

/** The same storage through each door and protocol. */
async function openDoors(): Promise<Record<string, StorageClient>> {
  const storage = await openTestStorage(embeddedKind());
  onTestFinished(() => storage.close());
  const server = await serve({
    name: "storage",
    version: "1.2.3",
    host: "127.0.0.1",
    ports: { grpc: 0, http: 0, ops: 0 },
    keys: TEST_KEYS,
    services: [mount(StorageService, routesOn(storage.repo))],
    health: async () => ({ dependencies: {} }),
    logger: silentLogger(),
    stop: { graceMs: 0, drainMs: 500 },
  });
  onTestFinished(() => server.close());
  const target = `ipv4:${server.addresses["grpc"]}`;
  const grpc = createServiceClient(StorageService, { target, key: TEST_KEY, defaultTimeoutMs: 10_000 });
  onTestFinished(grpc.close);
  const overHttp = (transport: typeof createConnectTransport, useBinaryFormat: boolean) =>
    createClient(
      StorageService,
      transport({
        baseUrl: `http://${server.addresses["http"]}`,
        httpVersion: "1.1",
        useBinaryFormat,
        interceptors: [(next) => (request) => (request.header.set("authorization", `Bearer ${TEST_KEY}`), next(request))],
      }),
    );
  return {
    grpc: grpc.client,
    connect: overHttp(createConnectTransport, true),
    json: overHttp(createConnectTransport, false),
    "grpc-web": overHttp(createGrpcWebTransport, true),
  };
}

test("a kept search is the same through every door, from the database and from memory", async () => {
  const doors = await openDoors();
  for (const [name, writer] of Object.entries(doors)) {
    const search = { kind: SearchKind.QUERY, query: `written through ${name}` };
    const tracks = Array.from({ length: 50 }, (_, index) => track({ title: `№ ${index} 🎵` }));
    await writer.setSearchCache({ ...search, results: { tracks } });
    const answers = [];
    for (const reader of [...Object.values(doors), ...Object.values(doors)]) answers.push(await reader.getSearchCache(search));
    const [first] = answers;
    expect(first).toMatchObject({ cached: true, stale: false, refreshLease: false });
    expect(first?.results?.tracks).toEqual(tracks);
    for (const answer of answers) expect(answer).toEqual(first);
  }
});

test.each(["miss", "partial"])("a %s is the same through every door", async (state) => {
  const doors = await openDoors();
  const search = { kind: SearchKind.ARTIST, query: state };
  const [first] = Object.values(doors);
  await first?.getSearchCache(search); // takes the lease
  const results = { tracks: [track()], failedSources: ["yt"] };
  if (state === "partial") await first?.setSearchCache({ ...search, results });
  const answers = [];
  for (const door of Object.values(doors)) answers.push(await door.getSearchCache(search));
  const [one] = answers;
  expect(one).toMatchObject({ cached: state === "partial", refreshLease: false });
  for (const answer of answers) expect(answer).toEqual(one);
});
