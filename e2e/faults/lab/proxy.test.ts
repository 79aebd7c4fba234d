import { createServer, connect, type Socket } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import type { Behaviour } from "./proxy-connection.js";
import { Proxy } from "./proxy.js";

const KILOBYTE = Buffer.alloc(1_024, "x");

/** A server that answers each byte with a kilobyte, and a proxy in front of it. */
async function behindProxy() {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      heard.push(data);
      for (const _ of data) socket.write(KILOBYTE);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const proxy = await Proxy.open({ target: () => `127.0.0.1:${address.port}` });
  onTestFinished(() => {
    proxy.close();
    server.close();
  });
  return { proxy, heardBytes: () => Buffer.concat(heard).length };
}

/** A caller, and what became of it. */
async function caller(proxy: Proxy): Promise<{ socket: Socket; received: () => number; closed: () => boolean }> {
  const [host, port] = proxy.address.split(":");
  const socket = connect({ host: host ?? "", port: Number(port) });
  onTestFinished(() => void socket.destroy());
  let received = 0;
  let closed = false;
  socket.on("data", (data) => (received += data.length));
  socket.on("close", () => (closed = true));
  await once(socket, "connect");
  socket.on("error", () => {}); // a reset, where nobody has read the end before it
  return { socket, received: () => received, closed: () => closed };
}

test("passes bytes in both directions", async () => {
  const { proxy } = await behindProxy();
  const { socket, received } = await caller(proxy);
  socket.write("abc");
  await until(() => received() === 3 * 1_024);
});

test("passes the end of a connection on", async () => {
  const { proxy } = await behindProxy();
  const { socket, received } = await caller(proxy);
  socket.end("a");
  await once(socket, "close");
  expect(received()).toBe(1_024);
  await until(() => proxy.open === 0);
});

test("cuts after so many bytes of the server", async () => {
  const { proxy } = await behindProxy();
  proxy.next({ kind: "cut", afterBytes: 1_500 });
  const { socket, received, closed } = await caller(proxy);
  socket.write("abc");
  await until(closed);
  expect(received()).toBeLessThanOrEqual(1_500);
  expect(proxy.open).toBe(0);
});

test("cuts at once when told to, and serves the next connection", async () => {
  const { proxy } = await behindProxy();
  const first = await caller(proxy);
  await until(() => proxy.open === 1);
  proxy.cut();
  await until(first.closed);
  const second = await caller(proxy);
  second.socket.write("a");
  await until(() => second.received() === 1_024);
});

test("a stalled connection passes nothing and stays open, until it may", async () => {
  const { proxy, heardBytes } = await behindProxy();
  proxy.next({ kind: "stall", afterBytes: 1_024 });
  const { socket, received, closed } = await caller(proxy);
  socket.write("ab");
  await until(() => received() === 1_024);
  socket.write("c");
  // Another caller's whole exchange is time enough for a byte that should not pass.
  const other = await caller(proxy);
  other.socket.write("d");
  await until(() => other.received() === 1_024);
  expect([received(), heardBytes(), closed()]).toEqual([1_024, 3, false]);
  proxy.behave({ kind: "pass" });
  await until(() => received() === 3 * 1_024);
});

test("a half-open connection still hears the caller, whom nothing reaches", async () => {
  const { proxy, heardBytes } = await behindProxy();
  proxy.next({ kind: "half-open", afterBytes: 1_024 });
  const { socket, received, closed } = await caller(proxy);
  socket.write("a");
  await until(() => received() === 1_024);
  socket.write("bcd");
  await until(() => heardBytes() === 4);
  expect([received(), closed()]).toEqual([1_024, false]);
});

const LATE: readonly (readonly [string, Behaviour, number])[] = [
  ["slow", { kind: "slow", bytesPerSecond: 5_120 }, 180],
  ["delayed", { kind: "delay", ms: 100 }, 95],
];

test.each(LATE)("a %s connection passes everything, late", async (_name, behaviour, atLeastMs) => {
  const { proxy } = await behindProxy();
  proxy.behave(behaviour);
  const { socket, received } = await caller(proxy);
  const startedAt = performance.now();
  socket.write("a");
  await until(() => received() === 1_024);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(atLeastMs);
});

test("refuses, and accepts again on the same port", async () => {
  const { proxy } = await behindProxy();
  proxy.refuse();
  await expect(caller(proxy)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await proxy.accept();
  const { socket, received } = await caller(proxy);
  socket.write("a");
  await until(() => received() === 1_024);
});

test("a server that is not there cuts its callers", async () => {
  const proxy = await Proxy.open({ target: () => "127.0.0.1:1" });
  onTestFinished(() => proxy.close());
  const { closed } = await caller(proxy);
  await until(closed);
});
