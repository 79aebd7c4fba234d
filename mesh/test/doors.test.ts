import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { Code, ConnectError } from "@connectrpc/connect";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@refrain/gen/health/v1/health_pb";
import { expect, onTestFinished, test } from "vitest";
import { createServiceClient, reasonOf, serveHttp, type HealthDetails } from "../src/index.js";
import { silentLogger, TEST_KEY, TEST_KEYS, until } from "../src/testing.js";
import { echoClient, serveEcho } from "./echo.js";

type Server = Awaited<ReturnType<typeof serveEcho>>;

const get = (address: string | undefined, path: string, init?: RequestInit) => fetch(`http://${address}${path}`, init);
const bearer = { authorization: `Bearer ${TEST_KEY}` };

/** A web service without RPCs, until the test has finished. */
async function serveWeb(options: Partial<Parameters<typeof serveHttp>[0]> = {}) {
  const health = async (): Promise<HealthDetails> => ({ dependencies: {} });
  const base = { name: "web", version: "1.2.3", host: "127.0.0.1", ports: { http: 0, ops: 0 }, logger: silentLogger(), health };
  const server = await serveHttp({ ...base, stop: { graceMs: 0, drainMs: 500 }, ...options });
  onTestFinished(() => server.close());
  return server;
}

function healthClient(server: Server) {
  const { client, close } = createServiceClient(Health, {
    target: `ipv4:${server.addresses.grpc}`,
    key: "",
    defaultTimeoutMs: 5_000,
  });
  onTestFinished(close);
  return client;
}

async function bufCurl(server: Server, ...args: string[]): Promise<string> {
  const buf = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));
  const { stdout } = await promisify(execFile)(buf, [
    "curl",
    "--protocol",
    "grpc",
    "--http2-prior-knowledge",
    ...args.slice(0, -1),
    `http://${server.addresses.grpc}${args.at(-1)}`,
  ]);
  return stdout;
}

test("health needs no key: Check, List and Watch", async () => {
  const server = await serveEcho();
  const client = healthClient(server);
  expect((await client.check({ service: "echo.v1.EchoService" })).status).toBe(Status.SERVING);
  expect(Object.keys((await client.list({})).statuses).toSorted()).toEqual(["", "echo.v1.EchoService"]);
  const unknown = await client.check({ service: "no.such.Service" }).catch((error: unknown) => ConnectError.from(error).code);
  expect(unknown).toBe(Code.NotFound);

  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const seen: Status[] = [];
  const watching = (async () => {
    for await (const { status } of client.watch({ service: "" }, { signal: leave.signal })) seen.push(status);
  })();
  await until(() => seen.length === 1);
  await server.close();
  await watching.catch(() => {}); // the server is gone
  expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
});

test.each(["grpc-v1", "grpc-v1alpha"])("reflection (%s) lists and calls with the key, and refuses without", async (protocol) => {
  const server = await serveEcho();
  const reflect = ["--reflect-protocol", protocol];
  const withKey = [
    ...reflect,
    "-H",
    `authorization: Bearer ${TEST_KEY}`,
    "--reflect-header",
    `authorization: Bearer ${TEST_KEY}`,
  ];
  expect(await bufCurl(server, ...withKey, "--list-methods", "")).toContain("echo.v1.EchoService/Echo");
  expect(JSON.parse(await bufCurl(server, ...withKey, "-d", '{"text":"hi"}', "/echo.v1.EchoService/Echo"))).toEqual({
    text: "hi",
  });
  expect(await bufCurl(server, ...withKey, "-d", "{}", "/grpc.health.v1.Health/Check")).toContain("SERVING");
  await expect(bufCurl(server, ...reflect, "--list-methods", "")).rejects.toThrow(/not authenticated/i);
});

test("bytes that are no message are INVALID_ARGUMENT through both doors", async () => {
  const server = await serveEcho();
  const client = new Client(server.addresses.grpc ?? "", credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", bearer.authorization);
  const raw = (data: Buffer) => data;
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest("/echo.v1.EchoService/Echo", raw, raw, Buffer.from([0xff, 0xff, 0xff]), metadata, resolve);
  });
  expect(error?.code).toBe(Code.InvalidArgument);

  const headers = { "content-type": "application/json", ...bearer };
  const response = await get(server.addresses.http, "/echo.v1.EchoService/Echo", { method: "POST", headers, body: '{"text":' });
  expect([response.status, await response.json()]).toMatchObject([400, { code: "invalid_argument" }]);
});

test("/health tells status, version and dependencies: degraded is 200, unhealthy 503", async () => {
  let details: HealthDetails = { dependencies: {} };
  const server = await serveWeb({ health: async () => details });
  const ask = async () => {
    const response = await get(server.addresses.http, "/health");
    return [response.status, await response.json()];
  };
  expect(await ask()).toMatchObject([200, { status: "healthy", service: "web", version: "1.2.3", dependencies: {} }]);
  details = { dependencies: { cache: { ok: false, detail: "no answer" } }, fields: { cache_connected: false } };
  expect(await ask()).toMatchObject([
    200,
    { status: "degraded", cache_connected: false, dependencies: { cache: { ok: false, detail: "no answer" } } },
  ]);
  details = { dependencies: { database: { ok: false, critical: true } } };
  expect(await ask()).toMatchObject([503, { status: "unhealthy" }]);
});

test("a health check that throws is unhealthy, and tells nothing inner", async () => {
  const server = await serveWeb({ health: () => Promise.reject(new Error("secret path /var/x")) });
  const response = await get(server.addresses.http, "/health");
  expect(response.status).toBe(503);
  expect(await response.text()).not.toContain("secret");
});

test("the ops port tells liveness, readiness and metrics, and nothing else", async () => {
  let ready = true;
  const { addresses } = await serveWeb({ ready: async () => ready });
  const status = async (path: string, init?: RequestInit) => (await get(addresses.ops, path, init)).status;
  expect([await status("/livez"), await status("/readyz"), await status("/nothing")]).toEqual([200, 200, 404]);
  expect(await status("/livez", { method: "POST" })).toBe(405);
  ready = false;
  expect([await status("/livez"), await status("/readyz")]).toEqual([200, 503]);
  expect(await (await get(addresses.ops, "/metrics")).text()).toContain("process_cpu_seconds_total");
});

test("calls show in the metrics by method and code", async () => {
  const server = await serveEcho();
  const client = echoClient(server);
  await client.echo({ text: "x" });
  await client.echo({ text: "x".repeat(2_000) }).catch(() => {}); // out of bounds
  const text = await (await get(server.addresses.ops, "/metrics")).text();
  for (const code of ["ok", "invalid_argument"]) {
    expect(text).toContain(
      `refrain_rpc_server_duration_seconds_count{service="echo.v1.EchoService",method="Echo",code="${code}"}`,
    );
  }
});

test("a route of a service's own is behind its key", async () => {
  const route = {
    prefix: "/files/",
    authenticated: true,
    handle: (_: unknown, response: { end(text: string): unknown }) => void response.end("bytes"),
  };
  const { addresses } = await serveWeb({ routes: [route], keys: TEST_KEYS });
  expect((await get(addresses.http, "/files/a")).status).toBe(401);
  expect(await (await get(addresses.http, "/files/a", { headers: bearer })).text()).toBe("bytes");
  expect((await get(addresses.http, "/other")).status).toBe(404);
});

test("a taken port names the variable that moves it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  for (const [door, variable] of [
    ["grpc", "ECHO_PORT"],
    ["http", "ECHO_HTTP_PORT"],
    ["ops", "ECHO_OPS_PORT"],
  ] as const) {
    const ports = { grpc: 0, http: 0, ops: 0, [door]: port };
    await expect(serveEcho({}, { ports })).rejects.toThrow(new RegExp(`${port} is taken: set ${variable} `));
  }
});

test("a stop waits for running calls, and ends what runs too long", async () => {
  let finish: (() => void) | undefined;
  const server = await serveEcho({ echo: ({ text }) => new Promise((resolve) => (finish = () => resolve({ text }))) });
  const client = echoClient(server);
  const slow = client.echo({ text: "slow" });
  let counted = 0;
  const endless = (async () => {
    for await (const { number } of client.count({ to: 0 })) counted = number;
  })().catch((error: unknown) => ConnectError.from(error));
  await until(() => finish !== undefined && counted > 0);
  const closing = server.close();
  finish?.();
  expect((await slow).text).toBe("slow");
  const error = await endless;
  expect([error?.code, reasonOf(error)]).toEqual([Code.Unavailable, "SHUTTING_DOWN"]);
  await closing;
  await expect(client.echo({ text: "late" })).rejects.toMatchObject({ code: Code.Unavailable });
});
