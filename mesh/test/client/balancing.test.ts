import { Code, type ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { expect, onTestFinished, test } from "vitest";
import { createServiceClient, serviceError, type ServeOptions } from "../../src/index.js";
import { TEST_KEY, until } from "../../src/testing.js";
import { serveEcho } from "../echo.js";

type Handlers = Partial<ServiceImpl<typeof EchoService>>;

/** Replicas that count the calls they got, and a client of all of them. */
async function replicas(handlers: readonly Handlers["echo"][], options: Partial<ServeOptions> = {}) {
  const calls = handlers.map(() => 0);
  const servers = [];
  for (const [index, handler] of handlers.entries()) {
    const counted: Handlers["echo"] = (request, context) => {
      calls[index] = (calls[index] ?? 0) + 1;
      return handler ? handler(request, context) : { text: request.text };
    };
    servers.push(await serveEcho({ echo: counted }, options));
  }
  const target = `ipv4:${servers.map(({ addresses }) => addresses["grpc"]).join(",")}`;
  const made = createServiceClient(EchoService, { target, key: TEST_KEY, defaultTimeoutMs: 5_000, circuitResetMs: 0 });
  onTestFinished(made.close);
  await made.ready(5_000);
  const echo = () => made.client.echo({ text: "x" });
  // All of them are connected once each has answered, or failed.
  await until(async () => {
    await echo().catch(() => {});
    return calls.every((count) => count > 0);
  });
  return { calls, servers, echo };
}

/** Calls of each replica while some more are made. */
async function share({ calls, echo }: Awaited<ReturnType<typeof replicas>>, count: number): Promise<number[]> {
  const before = [...calls];
  for (let call = 0; call < count; call++) await echo().catch(() => {});
  return calls.map((after, index) => after - (before[index] ?? 0));
}

const wrong = (): never => {
  throw serviceError(Code.Internal, "INTERNAL", "no");
};
const notFound = (): never => {
  throw serviceError(Code.NotFound, "TRACK_NOT_FOUND", "no");
};

test("every replica has its share", async () => {
  // In turn; a connection that is just being made may shift the turns by one.
  for (const count of await share(await replicas([undefined, undefined, undefined]), 30))
    expect(Math.abs(count - 10)).toBeLessThan(3);
});

test("a replica that fails its calls is left out, the others have its share", async () => {
  const service = await replicas([undefined, wrong, undefined]);
  await until(async () => (await share(service, 30))[1] === 0);
  const [first = 0, second, third = 0] = await share(service, 30);
  expect([first + third, second]).toEqual([30, 0]);
});

test("a replica that answers NOT_FOUND is well, and keeps its share", async () => {
  const service = await replicas([undefined, notFound]);
  const end = Date.now() + 5_000; // two looks at the replicas
  await until(async () => {
    for (const count of await share(service, 10)) expect(count).toBeGreaterThan(2);
    return Date.now() > end;
  });
});

test("a replica that goes away costs no call", async () => {
  const service = await replicas([undefined, undefined], { stop: { graceMs: 0, drainMs: 100 } });
  let failed = 0;
  const done = new AbortController();
  const lanes = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!done.signal.aborted) await service.echo().catch(() => (failed += 1));
    }),
  );
  await service.servers[0]?.close();
  done.abort();
  await lanes;
  expect(failed).toBe(0);
});

test("a service that comes back is called at once, although its circuit was open", async () => {
  const port = await freePort();
  const { client, circuits, close } = createServiceClient(EchoService, {
    target: `dns:///127.0.0.1:${port}`,
    key: TEST_KEY,
    defaultTimeoutMs: 2_000,
    circuitResetMs: 600_000,
  });
  onTestFinished(close);
  await until(async () => {
    await client.echo({ text: "x" }).catch(() => {});
    return circuits()[0]?.state === "open";
  });
  await serveEcho({}, { ports: { grpc: port, http: 0, ops: 0 } });
  await until(async () => (await client.echo({ text: "back" }).catch(() => undefined))?.text === "back");
  expect(circuits()).toEqual([{ method: "Echo", state: "closed" }]);
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = await serveEcho();
  await server.close();
  return Number(server.addresses["grpc"]?.split(":").at(-1));
}
