import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { reasonOf, retryAfterMs } from "../src/index.js";
import { silentLogger, TEST_KEY, until } from "../src/testing.js";
import { echoClient, serveEcho } from "./echo.js";

const MIB = 1024 * 1024;
const bearer = { authorization: `Bearer ${TEST_KEY}` };

async function failure(work: Promise<unknown>): Promise<ConnectError> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => ConnectError.from(error),
  );
}

function callJson(address: string | undefined, method: string, body: unknown): Promise<Response> {
  return fetch(`http://${address}/echo.v1.EchoService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer },
    body: JSON.stringify(body),
  });
}

/** A connection that says nothing. */
function silent(address: string | undefined): { socket: Socket; closed: () => boolean } {
  const [host, port] = address?.split(":") ?? [];
  const socket = connect(Number(port), host).resume();
  socket.on("error", () => {}); // being refused may look like a reset
  onTestFinished(() => void socket.destroy());
  return { socket, closed: () => socket.closed };
}

test.each(["grpc", "http"])("the %s door holds so many connections, and one more when somebody leaves", async (door) => {
  const server = await serveEcho({}, { capacity: { connections: 2, calls: 10 } });
  const held = [silent(server.addresses[door]), silent(server.addresses[door])];
  await until(() => held.every(({ socket }) => socket.readyState === "open"));
  const further = silent(server.addresses[door]);
  await until(further.closed);
  expect(held.map(({ closed }) => closed())).toEqual([false, false]);
  const client = door === "grpc" ? echoClient(server) : undefined; // one: each would hold the place that it gets
  held[0]?.socket.destroy();
  const ask = async () => {
    if (client) return (await client.echo({ text: "x" })).text === "x";
    return (await callJson(server.addresses[door], "Echo", { text: "x" })).status === 200;
  };
  await until(() => ask().catch(() => false)); // the server may notice the leave a moment later
  expect(held[1]?.closed()).toBe(false);
  const metrics = await (await fetch(`http://${server.addresses.ops}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`refrain_connections_refused_total\\{door="${door}",reason="limit"\\} [1-9]`));
});

test("clients that are connected go on while others are refused", async () => {
  const server = await serveEcho({}, { capacity: { connections: 1, calls: 10 } });
  const first = echoClient(server);
  await first.echo({ text: "first" });
  expect((await failure(echoClient(server).echo({ text: "second" }))).code).toBe(Code.Unavailable);
  expect((await first.echo({ text: "on" })).text).toBe("on");
});

test("a flood is logged once, not once for each connection", async () => {
  let lines = 0;
  const logger = Object.assign(silentLogger(), { warn: () => void lines++ });
  const server = await serveEcho({}, { capacity: { connections: 1, calls: 10 }, logger });
  const flood = Array.from({ length: 50 }, () => silent(server.addresses.grpc));
  await until(() => flood.filter(({ closed }) => closed()).length === 49);
  expect(lines).toBe(1);
});

test.each(["grpc", "http"])("a connection to the %s door that never says a word is closed", async (door) => {
  const server = await serveEcho({}, { capacity: { connections: 10, calls: 10, firstWordsMs: 100 } });
  const client = echoClient(server);
  await client.echo({ text: "x" });
  await until(silent(server.addresses[door]).closed);
  // One that has spoken is kept, however long it is idle.
  expect((await client.echo({ text: "still" })).text).toBe("still");
});

/** A service that runs two calls at once, with handlers that wait. */
async function serveTwo() {
  const waiting = new Set<() => void>();
  const handlers = {
    echo: ({ text }: { text: string }) =>
      new Promise<{ text: string }>((resolve) => {
        const end = () => (waiting.delete(end), resolve({ text }));
        waiting.add(end);
      }),
  };
  const server = await serveEcho(handlers, { capacity: { connections: 10, calls: 2 } });
  // Shorter than the second after which RetryInfo lets the client try again.
  const client = echoClient(server, { timeoutMs: 900 });
  const patient = echoClient(server, { timeoutMs: 20_000 });
  return { server, client, patient, waiting, release: () => [...waiting][0]?.() };
}

test("a call beyond those that may run is told when to come again, through either door", async () => {
  const { server, client, patient, waiting, release } = await serveTwo();
  const running = [patient.echo({ text: "gRPC" }), callJson(server.addresses.http, "Echo", { text: "JSON" })];
  await until(() => waiting.size === 2);
  const error = await failure(client.echo({ text: "x" }));
  expect([error.code, reasonOf(error), retryAfterMs(error)]).toEqual([Code.ResourceExhausted, "TOO_MANY_CALLS", 1_000]);
  const json = await callJson(server.addresses.http, "Echo", { text: "x" });
  expect([json.status, await json.json()]).toMatchObject([429, { code: "resource_exhausted" }]);
  const stream = await failure(client.count({ to: 1 }, { timeoutMs: 900 })[Symbol.asyncIterator]().next());
  expect(reasonOf(stream)).toBe("TOO_MANY_CALLS");

  release();
  await until(() => waiting.size === 1);
  const next = patient.echo({ text: "next" });
  await until(() => waiting.size === 2);
  while (waiting.size > 0) release();
  await Promise.all([...running, next]);
});

test("a client that was told to come again does, and is served", async () => {
  const { client, patient, waiting, release } = await serveTwo();
  const running = [patient.echo({ text: "1" }), patient.echo({ text: "2" })];
  await until(() => waiting.size === 2);
  const third = patient.echo({ text: "3" });
  expect((await failure(client.echo({ text: "x" }))).code).toBe(Code.ResourceExhausted);
  release();
  await until(() => waiting.size === 2);
  while (waiting.size > 0) release();
  expect((await third).text).toBe("3");
  await Promise.all(running);
});

test("health answers, however many calls run", async () => {
  const { patient, waiting, release } = await serveTwo();
  const running = [patient.echo({ text: "1" }), patient.echo({ text: "2" })];
  await until(() => waiting.size === 2);
  await expect(patient.ready(2_000)).resolves.toBeUndefined();
  while (waiting.size > 0) release();
  await Promise.all(running);
});

test("a connection says how many streams it takes", async () => {
  const server = await serveEcho();
  const session = connectHttp2(`http://${server.addresses.grpc}`);
  onTestFinished(() => session.destroy());
  const settings = await new Promise((resolve) => session.once("remoteSettings", resolve));
  expect(settings).toMatchObject({ maxConcurrentStreams: 2_000 });
});

test("a request that is too large is RESOURCE_EXHAUSTED with a sentence through both doors, and the next one works", async () => {
  const server = await serveEcho();
  const client = new Client(server.addresses.grpc ?? "", credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", bearer.authorization);
  const raw = (data: Buffer) => data;
  const send = (bytes: number) =>
    new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest("/echo.v1.EchoService/Echo", raw, raw, Buffer.alloc(bytes), metadata, resolve);
    });
  const error = await send(4 * MIB + 1);
  expect([error?.code, error?.details]).toEqual([Code.ResourceExhausted, expect.stringMatching(/message larger than max/)]);
  expect((await send(3))?.code).toBe(Code.InvalidArgument); // zeroes are no message, but they were read

  const json = await callJson(server.addresses.http, "Echo", { text: "x".repeat(4 * MIB + 1) });
  expect([json.status, await json.json()]).toMatchObject([
    429,
    { code: "resource_exhausted", message: expect.stringMatching(/larger than/) },
  ]);
  expect((await callJson(server.addresses.http, "Echo", { text: "x" })).status).toBe(200);
});

test("an answer that is too large is RESOURCE_EXHAUSTED through both doors", async () => {
  const server = await serveEcho({ echo: () => ({ text: "x".repeat(4 * MIB + 1) }) });
  expect((await failure(echoClient(server).echo({ text: "x" }))).code).toBe(Code.ResourceExhausted);
  const json = await callJson(server.addresses.http, "Echo", { text: "x" });
  expect([json.status, await json.json()]).toMatchObject([429, { code: "resource_exhausted" }]);
});

test("headers that are too large are refused", async () => {
  const server = await serveEcho();
  const response = await fetch(`http://${server.addresses.http}/health`, { headers: { "x-long": "x".repeat(20_000) } });
  expect(response.status).toBe(431);
});
