import { setTimeout as wait } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import type { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { createServiceClient, mount, serve, type ServeOptions, type Tls } from "../src/index.js";
import { silentLogger, TEST_KEY, TEST_KEYS } from "../src/testing.js";
import { EchoService as Echo } from "@refrain/gen/echo/v1/echo_service_pb";
import { onTestFinished } from "vitest";

/** Real handlers for every kind of call. */
export const echo: ServiceImpl<typeof EchoService> = {
  echo: ({ text }) => ({ text }),
  async *count({ to }, { signal }) {
    for (let number = 1; number <= (to || Infinity); number++) {
      yield { number };
      if (to === 0) await wait(1, undefined, { signal });
    }
  },
  async join(requests) {
    const texts: string[] = [];
    for await (const { text } of requests) texts.push(text);
    return { text: texts.join("") };
  },
  async *chat(requests) {
    for await (const { text } of requests) yield { text };
  },
};

/** Serves the handlers on free ports, until the test has finished. */
export async function serveEcho(handlers: Partial<ServiceImpl<typeof EchoService>> = {}, options: Partial<ServeOptions> = {}) {
  const server = await serve({
    name: "echo",
    version: "1.2.3",
    host: "127.0.0.1",
    ports: { grpc: 0, http: 0, ops: 0 },
    keys: TEST_KEYS,
    services: [mount(Echo, { ...echo, ...handlers })],
    health: async () => ({ dependencies: {} }),
    logger: silentLogger(),
    stop: { graceMs: 0, drainMs: 500 },
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

/** A client of it, closed when the test has finished. */
export function echoClient(
  server: { addresses: Readonly<Record<string, string>> },
  options: { key?: string; timeoutMs?: number; tls?: Tls | undefined; target?: string } = {},
) {
  const { key = TEST_KEY, timeoutMs = 5_000, tls, target = `ipv4:${server.addresses.grpc}` } = options;
  const { client, close, ready } = createServiceClient(Echo, {
    target,
    key,
    defaultTimeoutMs: timeoutMs,
    tls,
  });
  onTestFinished(close);
  return { ...client, close, ready };
}
