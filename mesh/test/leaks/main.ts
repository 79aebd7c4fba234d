// Makes many calls of every kind through real sockets and counts what is left of them.
// Usage: node --expose-gc main.ts [calls of each kind, default 10,000]
import { setMaxListeners } from "node:events";
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { createApiKeys, createLogger, createServiceClient, mount, serve } from "../../src/index.js";
import { handlers, KINDS, type Caller, type Kind } from "./kinds.js";
import { countHandles, countObjects, heapBytes, moreThan, type Remains } from "./remains.js";

const KEY = "leak-hunter-0123456789";
/** Calls at once. */
const LANES = 50;
/** Time for sockets and timers to end after the last call. */
const SETTLE_MS = 15_000;
/** Sooner than in life, so that connections which Node forgot are gone when it is counted. */
const IDLE_MS = 1_000;
const LOOK_EVERY_MS = 100;
/** Growth that compiled code and caches explain. A leak of 200 bytes a call is as much after 10,000. */
const MAX_HEAP_GROWTH_BYTES = 2_000_000;
/** Counting objects takes seconds: with fewer calls they are counted once, behind all kinds. */
const MANY = 5_000;

const count = Number(process.argv[2] ?? 10_000);

/** What there was before a kind of call. */
interface Level {
  handles: Remains;
  objects: Remains | undefined;
  heapBytes: number;
}

async function main(): Promise<boolean> {
  const logger = createLogger("leaks", "silent");
  const health = async () => ({ dependencies: {} });
  const server = await serve({
    name: "leaks",
    version: "0",
    host: "127.0.0.1",
    ports: { grpc: 0, http: 0, ops: 0 },
    logger,
    health,
    keys: createApiKeys([KEY]),
    services: [mount(EchoService, handlers)],
    capacity: { connections: 1_000, calls: 5_000, idleMs: IDLE_MS },
    stop: { graceMs: 0, drainMs: 1_000 },
  });
  const target = `ipv4:${server.addresses["grpc"]}`;
  // Without circuit breakers, which would refuse to go on after so many failures.
  const { client, close } = createServiceClient(EchoService, { target, key: KEY, defaultTimeoutMs: 30_000, circuitResetMs: 0 });
  const { signal } = new AbortController();
  setMaxListeners(LANES, signal);
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const clean = await huntAll({ client, address: server.addresses["http"] ?? "", agent, key: KEY, signal });
  close();
  await server.close();
  return clean;
}

async function huntAll(caller: Caller): Promise<boolean> {
  // What is built once is not left behind.
  for (const kind of KINDS) await repeat(kind, caller, LANES * 4);
  const first = await look(caller, true);
  let level = first;
  let clean = true;
  for (const kind of KINDS) {
    const startedAt = performance.now();
    await repeat(kind, caller, count);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await look(caller, count >= MANY, first);
    clean = report(kind.name, seconds, { ...first, heapBytes: level.heapBytes }, after) && clean;
    level = after;
  }
  return report("all", 0, first, await look(caller, true, first)) && clean;
}

async function repeat(kind: Kind, caller: Caller, times: number): Promise<void> {
  let begun = 0;
  const lane = async () => {
    while (begun++ < times) await kind.call(caller);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  caller.agent.destroy(); // its idle connections
}

/** Counts once nothing runs any more; with `before`, once there is no more than then, or after 15 s. */
async function look({ client, signal }: Caller, withObjects: boolean, before?: Level): Promise<Level> {
  await client.echo({ text: "x" }); // a server closes a connection after many resets: the next one counts, not the gap
  const end = performance.now() + SETTLE_MS;
  const calm = (handles: Remains) => (before ? moreThan(before.handles, handles).length === 0 : handles["running calls"] === 0);
  let handles = await countHandles(signal);
  for (; !calm(handles) && performance.now() < end; handles = await countHandles(signal)) await wait(LOOK_EVERY_MS);
  await wait(LOOK_EVERY_MS);
  return { handles, objects: withObjects ? countObjects() : before?.objects, heapBytes: heapBytes() };
}

/** Prints one line, and says whether nothing was left. */
function report(name: string, seconds: number, before: Level, after: Level): boolean {
  const left = [...moreThan(before.handles, after.handles), ...moreThan(before.objects ?? {}, after.objects ?? {})];
  const grownBytes = after.heapBytes - before.heapBytes;
  if (grownBytes > MAX_HEAP_GROWTH_BYTES) left.push("heap");
  print([name, count, seconds.toFixed(1), (grownBytes / 1000).toFixed(0), left.join(", ") || "nothing"]);
  return left.length === 0;
}

function print(cells: readonly (string | number)[]): void {
  const [name = "", ...others] = cells.map(String);
  process.stdout.write(`${name.padEnd(26)}${others.map((cell) => cell.padStart(10)).join("")}\n`);
}

print(["kind", "calls", "seconds", "heap kB", "left"]);
process.exitCode = (await main()) ? 0 : 1;
