import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { createTestAuthority } from "@refrain/mesh/testing-certificates";
import { keptLog, silentLogger, temporaryFolder, until } from "@refrain/mesh/testing";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAddressGuard } from "../src/guard/address-guard.js";
import { type GuardProxy, type GuardProxyOptions, startGuardProxy } from "../src/guard/guard-proxy.js";
import { startCountingServer } from "./counting-server.js";
import { type OddServer, startOddServer } from "./odd-server.js";
import { askProxy, tunnelThrough } from "./proxy-client.js";

const run = promisify(execFile);

/** What curl prints, and the code it ends with. */
async function curl(proxyUrl: string, ...args: string[]): Promise<{ stdout: string; code: number }> {
  // As tools are given it: not as an argument, which everybody on the machine can read.
  const env = { PATH: process.env["PATH"], http_proxy: proxyUrl, https_proxy: proxyUrl, no_proxy: "" };
  return run("curl", ["--silent", "--max-time", "20", ...args], { env, maxBuffer: 10_000_000 }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => ({ stdout: error.stdout, code: error.code }),
  );
}

async function start(allow: readonly { port: number }[], options: Partial<GuardProxyOptions> = {}): Promise<GuardProxy> {
  const guard = createAddressGuard({ allow: allow.map(({ port }) => `127.0.0.1:${port}`) });
  const proxy = await startGuardProxy({ guard, logger: silentLogger(), ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Sends text as it is, and reads until the other side ends. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  // A reset is an end, too.
  socket.on("error", () => socket.destroy());
  socket.write(text);
  if (!socket.closed) await once(socket, "close");
  return answer;
}

const tokenOf = ({ url }: { url: string }) =>
  `Proxy-Authorization: Basic ${Buffer.from(new URL(url).username + ":" + new URL(url).password).toString("base64")}\r\n`;
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

describe("a tool", () => {
  test("asks, sends and is answered as without the proxy, which passes on nothing that is for itself", async () => {
    const server = await startOddServer((request, response) => {
      response.setHeader("set-cookie", ["a=1", "b=2"]).setHeader("x-header", "ä").writeHead(201);
      request.pipe(response);
    });
    const proxy = await start([server]);
    const { stdout } = await curl(
      proxy.url,
      "-i",
      "-H",
      "Connection: x-secret",
      "-H",
      "X-Secret: 1",
      "-d",
      "body",
      `${server.url}/path?query`,
    );
    expect(stdout).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(stdout).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    expect(stdout).toMatch(/\r\n\r\nbody$/);
    const [request] = server.requests;
    expect(request?.url).toBe("/path?query");
    expect(request?.headers.host).toBe(`127.0.0.1:${server.port}`);
    for (const header of ["proxy-authorization", "proxy-connection", "x-secret"])
      expect(request?.headers).not.toHaveProperty(header);
    expect(proxy.blocked()).toBe(0);
  });

  test("gets through a tunnel what it would get without, with the certificate of the target", async () => {
    const authority = await createTestAuthority();
    const body = "x".repeat(3_000_000);
    const server = await startOddServer((_request, response) => void response.end(body), await authority.issue());
    const proxy = await start([server]);
    const ca = join(await temporaryFolder(), "ca.pem");
    await writeFile(ca, authority.ca);
    const { stdout } = await curl(proxy.url, "--cacert", ca, server.url);
    expect(stdout.length).toBe(body.length);
    expect((await curl(proxy.url, server.url)).code).toBe(60);
  });

  test.each([
    ["http://127.1/"],
    ["http://localhost/"],
    ["https://localhost/"],
    ["https://[::1]/"],
    ["https://[::ffff:127.0.0.1]/"],
    ["http://169.254.169.254/latest/meta-data/"],
    ["https://metadata.google.internal/"],
    ["http://example.com:22/"],
    ["https://example.com:6379/"],
  ])("that is led to %s is refused, and its caller learns of it", async (url) => {
    const proxy = await start([]);
    const session = proxy.openSession();
    const other = proxy.openSession();
    const { stdout, code } = await curl(session.url, "--globoff", "-o", "/dev/null", "-w", "%{http_code} %{http_connect}", url);
    expect(stdout).toMatch(/^(403 000|000 403)$/);
    expect(code).toBe(url.startsWith("https") ? 56 : 0);
    expect([session.blocked(), other.blocked(), proxy.blocked()]).toEqual([1, 0, 0]);
  });

  test("that follows a redirect inwards is refused there", async () => {
    const inner = await startCountingServer();
    const server = await startOddServer(
      (_request, response) => void response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/` }).end(),
    );
    const { lines, logger } = keptLog();
    const proxy = await start([server], { logger });
    const session = proxy.openSession();
    const { stdout } = await curl(session.url, "-L", "-o", "/dev/null", "-w", "%{http_code}", server.url);
    expect(stdout).toBe("403");
    expect(session.blocked()).toBe(1);
    expect(inner.connections()).toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(String(inner.port));
  });

  test("hears 502 of a host that is not there", async () => {
    const proxy = await start([{ port: 1 }], {});
    expect(await askProxy(proxy.url, "http://127.0.0.1:1/")).toBe(502);
    expect(await tunnelThrough(proxy.url, "127.0.0.1:1")).toBe(502);
    expect(proxy.blocked()).toBe(0);
  });

  test("hears 502 of a host that answers with something else than HTTP, or with nothing", async () => {
    const server = await listen(createTcpServer((socket) => void socket.on("error", () => undefined).end("SSH-2.0\r\n")));
    const silent = await listen(createTcpServer((socket) => void socket.on("error", () => undefined).end()));
    const proxy = await start([server, silent]);
    expect(await askProxy(proxy.url, `http://127.0.0.1:${server.port}/`)).toBe(502);
    expect(await askProxy(proxy.url, `http://127.0.0.1:${silent.port}/`)).toBe(502);
  });
});

describe("those without the token", () => {
  test.each([
    ["none", ""],
    ["a wrong one", `Proxy-Authorization: Basic ${Buffer.from("tool:wrong").toString("base64")}\r\n`],
    ["another kind", "Proxy-Authorization: Bearer tool\r\n"],
  ])("get nothing with %s", async (_case, header) => {
    const server = await startCountingServer();
    const proxy = await start([server]);
    const target = `127.0.0.1:${server.port}`;
    for (const line of [`GET http://${target}/ HTTP/1.1`, `CONNECT ${target} HTTP/1.1`, "GET / HTTP/1.1"]) {
      expect(await exchange(portOf(proxy), `${line}\r\nHost: ${target}\r\nConnection: close\r\n${header}\r\n`)).toMatch(
        /^HTTP\/1\.1 407 /,
      );
    }
    expect(server.connections()).toBe(0);
    expect(proxy.blocked()).toBe(0);
  });

  test("get nothing with the token of a session that is closed, whose connections are cut", async () => {
    const server = await startOddServer((_request, response) => void response.write("1"));
    const proxy = await start([server]);
    const session = proxy.openSession();
    const waiting = curl(session.url, server.url);
    const tunnelled = curl(session.url, "--proxytunnel", server.url);
    await until(() => server.requests.length === 2);
    session.close();
    expect((await waiting).code).not.toBe(0);
    expect((await tunnelled).code).not.toBe(0);
    await until(() => server.connections() === 0);
    expect(await askProxy(session.url, server.url)).toBe(407);
  });

  test("cannot reach it from another machine", async () => {
    const proxy = await start([]);
    const others = Object.values(networkInterfaces()).flatMap(
      (list) => list?.filter(({ internal, family }) => !internal && family === "IPv4") ?? [],
    );
    for (const { address } of [...others, { address: "127.0.0.2" }]) {
      const socket = connect(portOf(proxy), address);
      await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });
});

describe("bounds", () => {
  test("of headers hold", async () => {
    const proxy = await start([]);
    const text = `GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n${tokenOf(proxy)}X: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await exchange(portOf(proxy), text)).toBe("");
  });

  test("of connections hold", async () => {
    const server = await startOddServer((_request, response) => void response.write("1"));
    const proxy = await start([server], { maxConnections: 2 });
    const text = `GET ${server.url} HTTP/1.1\r\nHost: x\r\n${tokenOf(proxy)}\r\n`;
    const held = [1, 2].map(() => connect(portOf(proxy), "127.0.0.1").on("error", () => undefined));
    onTestFinished(() => held.forEach((socket) => socket.destroy()));
    for (const socket of held) socket.write(text);
    await until(() => server.requests.length === 2);
    expect(await exchange(portOf(proxy), text)).toBe("");
    held[0]?.destroy();
    await until(async () => (await askProxy(proxy.url, server.url)) === 200);
  });

  test("of idleness hold in tunnels and without", async () => {
    const server = await startOddServer((_request, response) => void response.write("1"));
    const proxy = await start([server], { idleMs: 200 });
    const ended = await Promise.all([curl(proxy.url, server.url), curl(proxy.url, "--proxytunnel", server.url)]);
    for (const { code } of ended) expect([18, 52, 56]).toContain(code);
    await until(() => server.connections() === 0);
  });

  test("a tool that leaves takes its connection to the target with it", async () => {
    const server = await startOddServer((_request, response) => void response.write("1"));
    const proxy = await start([server]);
    for (const args of [[], ["--proxytunnel"]]) {
      const left = await curl(proxy.url, "--max-time", "0.3", ...args, server.url);
      expect(left.code).toBe(28);
    }
    await until(() => server.connections() === 0);
  });

  test("close ends everything", async () => {
    const server = await startOddServer((_request, response) => void response.write("1"));
    const proxy = await start([server]);
    const waiting = curl(proxy.url, server.url);
    await until(() => server.requests.length === 1);
    await proxy.close();
    expect((await waiting).code).not.toBe(0);
    await until(() => server.connections() === 0);
    await expect(once(connect(portOf(proxy), "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("behind a proxy of the operator", () => {
  test("that one is told checked addresses, never names, and gets its password", async () => {
    const server = await startOddServer((_request, response) => void response.end("through"));
    const upstream = await startUpstream(server);
    const resolve: NonNullable<Parameters<typeof createAddressGuard>[0]>["resolve"] = (_name, _options, callback) =>
      setImmediate(callback, null, [
        { address: "2606:4700::1111", family: 6 },
        { address: "93.184.215.14", family: 4 },
      ]);
    const guard = createAddressGuard({ resolve });
    const proxy = await start([], { guard, upstream: `http://user:p%40ss@127.0.0.1:${upstream.port}` });
    expect((await curl(proxy.url, "http://example.com/")).stdout).toBe("through");
    expect((await curl(proxy.url, "--proxytunnel", "http://example.com/")).stdout).toBe("through");
    expect(upstream.asked).toEqual(["93.184.215.14:80", "93.184.215.14:80"]);
    expect(upstream.authorizations).toEqual([1, 2].map(() => `Basic ${Buffer.from("user:p@ss").toString("base64")}`));
    expect(server.requests[0]?.headers.host).toBe("example.com");
  });

  test("what is forbidden stays so", async () => {
    const upstream = await startUpstream(await startOddServer(() => undefined));
    const resolve: NonNullable<Parameters<typeof createAddressGuard>[0]>["resolve"] = (_name, _options, callback) =>
      setImmediate(callback, null, [{ address: "10.0.0.1", family: 4 }]);
    const proxy = await start([], { guard: createAddressGuard({ resolve }), upstream: `http://127.0.0.1:${upstream.port}` });
    expect(await askProxy(proxy.url, "http://example.com/")).toBe(403);
    expect(await tunnelThrough(proxy.url, "example.com:443")).toBe(403);
    expect(await tunnelThrough(proxy.url, "127.0.0.1:443")).toBe(403);
    expect(upstream.asked).toEqual([]);
  });

  test("a tool hears 502 when that one refuses", async () => {
    const upstream = await startUpstream(await startOddServer(() => undefined), 403);
    const proxy = await start([], { upstream: `http://127.0.0.1:${upstream.port}` });
    expect(await tunnelThrough(proxy.url, "8.8.8.8:443")).toBe(502);
    expect(proxy.blocked()).toBe(0);
  });
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<{ port: number }> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => void open.add(socket.on("error", () => socket.destroy())));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port };
}

/** A proxy that takes every tunnel to one server, whatever it is asked for. */
async function startUpstream(target: OddServer, status = 200) {
  const asked: (string | undefined)[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer();
  server.on("connect", (request, client) => {
    asked.push(request.url);
    authorizations.push(request.headers["proxy-authorization"]);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const socket = connect(target.port, "127.0.0.1");
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    client.on("error", () => socket.destroy()).pipe(socket);
    socket.on("error", () => client.destroy()).pipe(client);
  });
  return { ...(await listen(server)), asked, authorizations };
}
