import { setMaxListeners } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { describe, expect, test } from "vitest";
import { metrics } from "../src/index.js";
import { TEST_KEY, until } from "../src/testing.js";
import { echoClient, serveEcho } from "./echo.js";

type Server = Awaited<ReturnType<typeof serveEcho>>;
type Echo = Pick<ReturnType<typeof createClient<typeof EchoService>>, "echo" | "count" | "chat" | "join">;

function overHttp(server: Server, transport: typeof createConnectTransport): Echo {
  const interceptors: Parameters<typeof transport>[0]["interceptors"] = [
    (next) => (request) => (request.header.set("authorization", `Bearer ${TEST_KEY}`), next(request)),
  ];
  return createClient(EchoService, transport({ baseUrl: `http://${server.addresses.http}`, httpVersion: "1.1", interceptors }));
}

const DOORS: Record<string, (server: Server) => Echo> = {
  grpc: (server) => echoClient(server),
  connect: (server) => overHttp(server, createConnectTransport),
  "grpc-web": (server) => overHttp(server, createGrpcWebTransport),
};

/** Handlers that wait for their signal, and what became of them. */
function waitingHandlers() {
  const seen = { started: 0, ended: false };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      seen.started += 1;
      signal.addEventListener("abort", () => {
        seen.ended = true;
        reject(ConnectError.from(signal.reason));
      });
    });
  const handlers: Partial<ServiceImpl<typeof EchoService>> = {
    echo: (_request, { signal }) => untilAborted(signal),
    async *count(_request, { signal }) {
      yield { number: 1 };
      yield await untilAborted(signal);
    },
    async *chat(requests, { signal }) {
      for await (const { text } of requests) {
        yield { text };
        yield await untilAborted(signal);
      }
    },
    join: (_requests, { signal }) => untilAborted(signal),
  };
  return { seen, handlers };
}

interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  const all = messages[Symbol.asyncIterator]();
  while (!(await all.next()).done);
}

/** One message, and then a client that neither sends more nor ends. */
async function* lingering() {
  yield { text: "x" };
  await new Promise(() => {});
}

const KINDS: Record<string, (client: Echo, options: CallOptions) => Promise<unknown>> = {
  unary: (client, options) => client.echo({ text: "x" }, options),
  "server stream": (client, options) => drain(client.count({ to: 0 }, options)),
  bidi: (client, options) => drain(client.chat(lingering(), options)),
  "client stream": (client, options) => client.join(lingering(), options),
};

/** HTTP/1.1 carries requests and answers one after another: no bidi, and a client's stream is sent whole before it is answered. */
const CASES = Object.keys(DOORS).flatMap((door) =>
  Object.keys(KINDS)
    .filter((kind) => door === "grpc" || kind === "unary" || kind === "server stream")
    .map((kind) => [door, kind] as const),
);

const running = async () => Number(/^refrain_rpc_server_running (\d+)$/m.exec(await metrics.metrics())?.[1]);

async function codeOf(work: Promise<unknown>): Promise<Code> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => ConnectError.from(error).code,
  );
}

describe.each(CASES)("through %s, a %s call", (door, kind) => {
  const call = async () => {
    const { seen, handlers } = waitingHandlers();
    const server = await serveEcho(handlers);
    const client = DOORS[door]?.(server);
    const start = (options: CallOptions) => (client ? KINDS[kind]?.(client, options) : undefined) ?? expect.unreachable();
    return { seen, start };
  };

  test("that is cancelled frees its handler", async () => {
    const { seen, start } = await call();
    const leave = new AbortController();
    const code = codeOf(start({ signal: leave.signal }));
    await until(() => seen.started === 1);
    expect(await running()).toBe(1);
    leave.abort();
    expect(await code).toBe(Code.Canceled);
    await until(async () => seen.ended && (await running()) === 0);
  });

  test("that expires frees its handler", async () => {
    const { seen, start } = await call();
    const code = codeOf(start({ timeoutMs: 1_000 }));
    await until(() => seen.started === 1);
    expect(await code).toBe(Code.DeadlineExceeded);
    await until(async () => seen.ended && (await running()) === 0);
  });
});

/** HTTP/2 in Node closes a connection with more than a thousand resets at once. */
const FLOOD = 1_200;
const BUSY_MACHINE = { timeout: 120_000 };

test("a thousand calls that are cancelled at once cost no other call on their connection", BUSY_MACHINE, async () => {
  const leave = new AbortController();
  let started = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = await serveEcho({
    async echo({ text }, { signal }) {
      started += 1;
      const aborted = new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      await Promise.race([text === "kept" ? released : new Promise(() => {}), aborted]);
      return { text };
    },
  });
  const client = echoClient(server, { timeoutMs: 60_000 });
  setMaxListeners(0, leave.signal);
  const kept = client.echo({ text: "kept" });
  const cancelled = Array.from({ length: FLOOD }, () => codeOf(client.echo({ text: "x" }, { signal: leave.signal })));
  await until(() => started === FLOOD + 1, 60_000);
  leave.abort();
  expect(new Set(await Promise.all(cancelled))).toEqual(new Set([Code.Canceled]));
  release();
  expect((await kept).text).toBe("kept");
  await until(async () => (await running()) === 0);
});

test("a connection that was closed for too many resets does not stay with the server", BUSY_MACHINE, async () => {
  const server = await serveEcho(waitingHandlers().handlers, { capacity: { connections: 10, calls: 5_000, idleMs: 200 } });
  const client = echoClient(server, { timeoutMs: 60_000 });
  const open = async () => Number(/^refrain_grpc_connections (\d+)$/m.exec(await metrics.metrics())?.[1]);
  // In waves: the server has to hear more from a connection that it has closed already.
  for (let calls = 0; calls < 1.5 * FLOOD; calls += 50) {
    const leave = new AbortController();
    setMaxListeners(0, leave.signal);
    const wave = Array.from({ length: 50 }, () => client.echo({ text: "x" }, { signal: leave.signal }).catch(() => {})); // left
    await wait(2);
    leave.abort();
    await Promise.all(wave);
  }
  client.close();
  await until(async () => (await open()) === 0);
});

test("a connection without calls is closed after a while, and the next call opens another", async () => {
  const server = await serveEcho({}, { capacity: { connections: 10, calls: 10, idleMs: 50 } });
  const session = connectHttp2(`http://${server.addresses.grpc}`);
  const closed = new Promise((resolve) => session.once("close", resolve));
  const client = echoClient(server);
  expect((await client.echo({ text: "before" })).text).toBe("before");
  await closed;
  expect((await client.echo({ text: "after" })).text).toBe("after");
});
