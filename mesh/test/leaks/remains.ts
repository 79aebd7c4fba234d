import { getEventListeners } from "node:events";
import { Duplex } from "node:stream";
import { queryObjects } from "node:v8";
import { CallScope } from "../../src/client/call-scope.js";
import { metrics } from "../../src/index.js";
import { GrpcContext } from "../../src/server/grpc-context.js";

/** How many there are of whatever a call may leave behind. */
export type Remains = Readonly<Record<string, number>>;

/** Handles that wait for something. Others come and go with whatever else a process does. */
const HANDLES = ["TCPSocketWrap", "TLSWrap", "Timeout"];

/** Objects that live as long as a call (on the client, on the server, in between) or a connection. */
const CLASSES = { CallScope, GrpcContext, AbortSignal, Duplex };

/** Counts open handles, running calls, and listeners on a signal that outlives calls. */
export async function countHandles(signal: AbortSignal): Promise<Remains> {
  const resources = process.getActiveResourcesInfo();
  const handles = HANDLES.map((kind) => [kind, resources.filter((resource) => resource === kind).length] as const);
  const running = Number(/^refrain_rpc_server_running (\d+)$/m.exec(await metrics.metrics())?.[1]);
  const listeners = getEventListeners(signal, "abort").length;
  return Object.fromEntries([...handles, ["running calls", running], ["listeners", listeners]]);
}

/** Counts objects that are still reachable. Takes a second or two. */
export function countObjects(): Remains {
  const counts = Object.entries(CLASSES).map(([name, type]) => [name, queryObjects(type, { format: "count" })] as const);
  return Object.fromEntries(counts);
}

/** Memory in use after a garbage collection, in bytes. */
export function heapBytes(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed;
}

/** What there is more of than before, such as `Duplex +3`. */
export function moreThan(before: Remains, after: Remains): string[] {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return grown.filter(([, count]) => count > 0).map(([name, count]) => `${name} +${count}`);
}
