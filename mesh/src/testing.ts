import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type Client, type ServiceImpl } from "@connectrpc/connect";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createApiKeys } from "./api-keys.js";
import { mapErrors } from "./interceptors/map-errors.js";
import { validate } from "./interceptors/validate.js";
import type { Logger } from "./log.js";

export { collectSpans } from "./telemetry/collect-spans.js";

export { hasRedis, runRedis, startRedis, type RedisProcess, type RedisProcessOptions } from "./testing-redis.js";

/** A key for tests, and what accepts it. */
export const TEST_KEY = "test-key-0123456789";
export const TEST_KEYS = createApiKeys([`test:${TEST_KEY}`]);

/** A logger that says nothing. */
export function silentLogger(): Logger {
  return pino({ level: "silent" });
}

/** A logger that keeps its lines, of JSON, at `info` and above. */
export function keptLog(): { lines: string[]; logger: Logger } {
  const lines: string[] = [];
  return { lines, logger: pino({}, { write: (line: string) => void lines.push(line) }) };
}

/** Client and handlers in one process, with the server's own validation and error mapping, without a port. */
export function inMemoryClient<S extends DescService>(
  service: S,
  handlers: ServiceImpl<S>,
  toConnectError?: (reason: unknown) => unknown,
): Client<S> {
  const interceptors = [mapErrors({ toConnectError, logger: silentLogger() }), validate()];
  return createClient(
    service,
    createRouterTransport((router) => void router.service(service, handlers), { router: { interceptors } }),
  );
}

/** A folder that is removed when the test has finished. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits for a condition, asked every 10 ms. Throws after `timeoutMs`, default 10 s. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not true after ${timeoutMs} ms: ${condition.toString()}`);
    await wait(10);
  }
}
