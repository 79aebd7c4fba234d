import { connect as connectTcp } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { expect, onTestFinished, test } from "vitest";
import { createFetch, serveHttp, type Tls } from "../src/index.js";
import { silentLogger, TEST_KEY, until } from "../src/testing.js";
import { createTestAuthority } from "../src/testing-certificates.js";
import { secureContext } from "../src/tls.js";
import { echoClient, serveEcho } from "./echo.js";

type Server = Awaited<ReturnType<typeof serveEcho>>;

const authority = await createTestAuthority();
const stranger = await createTestAuthority("Somebody else's CA");
const good = await authority.issue();

/** A service that lets only clients with a certificate in. */
const serveMutually = (tls: Tls = good) => serveEcho({}, { tls });

async function failure(work: Promise<unknown>): Promise<ConnectError> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => ConnectError.from(error),
  );
}

/** What `/health` and a Connect call answer through the HTTP door. */
async function overHttps(server: Server, tls: Tls | undefined) {
  const get = await createFetch(tls);
  const health = await get(`https://${server.addresses.http}/health`);
  return ((await health.json()) as { status: string }).status;
}

function connectClient(server: Server, tls: Tls) {
  const transport = createConnectTransport({
    baseUrl: `https://${server.addresses.http}`,
    httpVersion: "1.1",
    nodeOptions: secureContext(tls),
    interceptors: [(next) => (request) => (request.header.set("authorization", `Bearer ${TEST_KEY}`), next(request))],
  });
  return createClient(EchoService, transport);
}

test("with the right certificate gRPC, Connect and /health answer", async () => {
  const server = await serveMutually();
  const client = echoClient(server, { tls: good });
  await client.ready(5_000);
  expect((await client.echo({ text: "gRPC" })).text).toBe("gRPC");
  const numbers: number[] = [];
  for await (const { number } of client.count({ to: 3 })) numbers.push(number);
  expect(numbers).toEqual([1, 2, 3]);
  expect((await connectClient(server, good).echo({ text: "Connect" })).text).toBe("Connect");
  expect(await overHttps(server, good)).toBe("healthy");
});

test("the operators' port stays cleartext", async () => {
  const server = await serveMutually();
  const metrics = await (await fetch(`http://${server.addresses.ops}/metrics`)).text();
  const end = Number(/^refrain_tls_certificate_end_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
  expect(end * 1000).toBeGreaterThan(Date.now());
});

const CLIENTS: Record<string, () => Promise<Tls | undefined>> = {
  "no certificate": async () => ({ ca: authority.ca }),
  "a certificate of another CA": async () => ({ ...(await stranger.issue()), ca: authority.ca }),
  "a certificate that has ended": () => authority.issue({ expired: true }),
  "another CA than the server's": async () => ({ ...good, ca: stranger.ca }),
};

test.each(Object.entries(CLIENTS))("a client with %s is refused by both doors, and others are served on", async (_what, tls) => {
  const server = await serveMutually();
  const refused = await tls();
  const error = await failure(echoClient(server, { tls: refused }).echo({ text: "x" }));
  expect(error.code).toBe(Code.Unavailable);
  expect((await failure(echoClient(server, { tls: refused }).ready(300))).code).toBe(Code.Unavailable);
  await expect(overHttps(server, refused)).rejects.toThrow("fetch failed");
  await expect(connectClient(server, refused ?? {}).echo({ text: "x" })).rejects.toBeInstanceOf(ConnectError);
  expect((await echoClient(server, { tls: good }).echo({ text: "good" })).text).toBe("good");
});

const SERVERS: Record<string, () => Promise<Tls>> = {
  "of another CA": async () => ({ ...(await stranger.issue()), ca: authority.ca }),
  "that has ended": () => authority.issue({ expired: true }),
  "for another name": () => authority.issue({ names: ["music.example"], addresses: ["192.0.2.1"] }),
};

test.each(Object.entries(SERVERS))("a client does not believe a server with a certificate %s", async (_what, tls) => {
  const server = await serveMutually(await tls());
  expect((await failure(echoClient(server, { tls: good }).echo({ text: "x" }))).code).toBe(Code.Unavailable);
  await expect(overHttps(server, good)).rejects.toThrow("fetch failed");
});

test("the name that is asked for is the one in the target", async () => {
  const server = await serveMutually(await authority.issue({ names: ["localhost"], addresses: [] }));
  const port = server.addresses.grpc?.split(":")[1];
  const byName = echoClient(server, { tls: good, target: `dns:///localhost:${port}` });
  expect((await byName.echo({ text: "name" })).text).toBe("name");
  expect((await failure(echoClient(server, { tls: good }).echo({ text: "address" }))).code).toBe(Code.Unavailable);
});

test("with a certificate but no CA the server asks clients for none", async () => {
  const server = await serveEcho({}, { tls: { identity: good.identity } });
  const client = echoClient(server, { tls: { ca: authority.ca } });
  expect((await client.echo({ text: "x" })).text).toBe("x");
  expect(await overHttps(server, { ca: authority.ca })).toBe("healthy");
});

test("plain text to a TLS door fails, and TLS to a plain one", async () => {
  const secure = await serveMutually();
  expect((await failure(echoClient(secure).echo({ text: "x" }))).code).toBe(Code.Unavailable);
  await expect(fetch(`http://${secure.addresses.http}/health`)).rejects.toThrow("fetch failed");
  const plain = await serveEcho();
  expect((await failure(echoClient(plain, { tls: good }).echo({ text: "x" }))).code).toBe(Code.Unavailable);
  await expect(overHttps(plain, good)).rejects.toThrow("fetch failed");
});

/** How a raw handshake ends: the protocol, or the error's code. */
function handshake(address: string | undefined, options: ConnectionOptions): Promise<string | undefined> {
  const [host, port] = address?.split(":") ?? [];
  return new Promise((resolve) => {
    const socket = connectTls({
      host,
      port: Number(port),
      ...secureContext(good),
      ALPNProtocols: ["h2", "http/1.1"],
      ...options,
    });
    onTestFinished(() => void socket.destroy());
    socket.once("secureConnect", () => resolve(socket.getProtocol() ?? undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

test("TLS 1.2 is the oldest that both doors speak", async () => {
  const { addresses } = await serveMutually();
  // Level 0, because OpenSSL's default level would keep the client from even asking.
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  for (const address of [addresses["grpc"], addresses["http"]]) {
    expect(await handshake(address, { maxVersion: "TLSv1.2" })).toBe("TLSv1.2");
    expect(await handshake(address, {})).toBe("TLSv1.3");
    expect(await handshake(address, old)).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
  }
});

test("why a handshake failed is counted and logged", async () => {
  const lines: object[] = [];
  const logger = Object.assign(silentLogger(), { warn: (fields: object) => void lines.push(fields) });
  const server = await serveEcho({}, { tls: good, logger });
  await handshake(server.addresses.grpc, { cert: undefined, key: undefined });
  await handshake(server.addresses.http, { cert: undefined, key: undefined });
  await until(() => lines.length === 2);
  const detail = expect.stringMatching(/peer did not return a certificate/i);
  expect(lines).toEqual(expect.arrayContaining([expect.objectContaining({ door: "grpc", reason: "tls", detail })]));
  expect(lines).toEqual(expect.arrayContaining([expect.objectContaining({ door: "http", reason: "tls", detail })]));
  const metrics = await (await fetch(`http://${server.addresses.ops}/metrics`)).text();
  expect(metrics).toMatch(/refrain_connections_refused_total\{door="grpc",reason="tls"\} [1-9]/);
});

test("connections that are cut in the middle harm nothing", async () => {
  const server = await serveMutually();
  const [host, port] = server.addresses.grpc?.split(":") ?? [];
  for (const bytes of [0, 1, 100]) {
    const socket = connectTcp(Number(port), host);
    socket.on("error", () => {}); // what the server makes of it is the point
    await new Promise((resolve) => socket.once("connect", resolve));
    if (bytes > 0) socket.write(Buffer.alloc(bytes, 0x16));
    socket.resetAndDestroy();
  }
  expect((await echoClient(server, { tls: good }).echo({ text: "on" })).text).toBe("on");
});

test("a stop over TLS waits for the running call, ends the endless one, and closes", async () => {
  let finish: (() => void) | undefined;
  const handlers = {
    echo: ({ text }: { text: string }) => new Promise<{ text: string }>((resolve) => (finish = () => resolve({ text }))),
  };
  const server = await serveEcho(handlers, { tls: good });
  const client = echoClient(server, { tls: good });
  const slow = client.echo({ text: "slow" });
  let counted = 0;
  const endless = (async () => {
    for await (const { number } of client.count({ to: 0 })) counted = number;
  })().catch((error: unknown) => ConnectError.from(error).code);
  await until(() => finish !== undefined && counted > 0);
  const closing = server.close();
  finish?.();
  expect((await slow).text).toBe("slow");
  expect(await endless).toBe(Code.Unavailable);
  await closing;
  expect(await handshake(server.addresses.grpc, {})).toBe("ECONNREFUSED");
});

test("a service without RPCs speaks TLS on its door too", async () => {
  const server = await serveHttp({
    name: "web",
    version: "1.2.3",
    host: "127.0.0.1",
    ports: { http: 0, ops: 0 },
    logger: silentLogger(),
    health: async () => ({ dependencies: {} }),
    stop: { graceMs: 0, drainMs: 500 },
    tls: good,
  });
  onTestFinished(() => server.close());
  const get = await createFetch(good);
  expect((await get(`https://${server.addresses["http"]}/health`)).status).toBe(200);
  await expect(fetch(`http://${server.addresses["http"]}/health`)).rejects.toThrow("fetch failed");
});
