import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { pino, type Logger } from "pino";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { inTrace, startTracing } from "../src/index.js";
import { tracer } from "../src/telemetry/tracer.js";
import { until } from "../src/testing.js";

/** Listens where OpenTelemetry's variables say, until the test has finished. */
async function collector(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A logger, and the lines it wrote. */
function logged(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { logger: pino(stream), lines };
}

function enable(address: string, more: Readonly<Record<string, string>> = {}): void {
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://${address}`);
  vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "10");
  for (const [name, value] of Object.entries(more)) vi.stubEnv(name, value);
}

async function start(logger: Logger, enabled = true) {
  const tracing = await startTracing({ service: "echo", version: "1.2.3", enabled, logger });
  onTestFinished(() => tracing.stop());
  return tracing;
}

const oneTrace = () => inTrace("update message", {}, async () => {});

afterEach(() => void vi.unstubAllEnvs());

test("nothing is collected unless it is wanted", async () => {
  const tracing = await start(logged().logger, false);
  expect(tracer()).toBeUndefined();
  await tracing.stop();
});

test("spans go to the collector as OpenTelemetry's variables say", async () => {
  const requests: { url: string | undefined; key: unknown; body: string }[] = [];
  const receive = async (request: IncomingMessage) => {
    const body = Buffer.concat(await request.toArray()).toString("latin1");
    requests.push({ url: request.url, key: request.headers["x-key"], body });
  };
  const address = await collector((request, response) => void receive(request).then(() => response.end()));
  enable(address, { OTEL_EXPORTER_OTLP_HEADERS: "x-key=secret", OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test" });
  await start(logged().logger);
  await oneTrace();
  await until(() => requests.length > 0);
  expect(requests[0]).toMatchObject({ url: "/v1/traces", key: "secret" });
  for (const text of ["update message", "echo", "1.2.3", "deployment.environment.name"])
    expect(requests[0]?.body).toContain(text);
});

test("a sampler that takes nothing takes nothing", async () => {
  let requests = 0;
  enable(await collector((_, response) => void (requests++, response.end())), { OTEL_TRACES_SAMPLER: "always_off" });
  const tracing = await start(logged().logger);
  await oneTrace();
  await tracing.stop();
  expect(requests).toBe(0);
});

test("a collector that refuses is told once, and once when it works again; the log holds no credentials", async () => {
  let [healthy, refused] = [false, 0];
  const address = await collector((_, response) => {
    if (!healthy) refused += 1;
    response.writeHead(healthy ? 200 : 400).end();
  });
  enable(`user:password@${address}`, { OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret" });
  const { logger, lines } = logged();
  await start(logger);
  for (const times of [1, 2, 3]) {
    await oneTrace();
    await until(() => refused >= times);
  }
  healthy = true;
  await oneTrace();
  await until(() => lines.length >= 2);
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    "traces cannot be exported: they are dropped until the collector answers",
    "traces are exported again",
  ]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ why: "400" });
  expect(lines.join("")).not.toMatch(/password|secret/);
});

test("a collector that does not answer does not hold a stop", async () => {
  let asked = false;
  enable(await collector(() => void (asked = true)));
  const tracing = await start(logged().logger);
  await oneTrace();
  await until(() => asked);
  await oneTrace();
  await tracing.stop();
  expect(tracer()).toBeUndefined();
}, 15_000);
