import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { BadRequestSchema } from "@refrain/gen/google/rpc/error_details_pb";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { describe, expect, test } from "vitest";
import { reasonOf, serviceError } from "../src/index.js";
import { TEST_KEY, until } from "../src/testing.js";
import { echo, echoClient, serveEcho } from "./echo.js";

const endless = echo.count;

/** The same client through each door and protocol. */
const DOORS = {
  grpc: (server: Awaited<ReturnType<typeof serveEcho>>, key: string) => echoClient(server, { key }),
  connect: (server: Awaited<ReturnType<typeof serveEcho>>, key: string) => overHttp(server, key, createConnectTransport),
  "grpc-web": (server: Awaited<ReturnType<typeof serveEcho>>, key: string) => overHttp(server, key, createGrpcWebTransport),
};

function overHttp(server: Awaited<ReturnType<typeof serveEcho>>, key: string, transport: typeof createConnectTransport) {
  const bearer = key && `Bearer ${key}`;
  return createClient(
    EchoService,
    transport({
      baseUrl: `http://${server.addresses.http}`,
      httpVersion: "1.1",
      interceptors: [(next) => (request) => (bearer && request.header.set("authorization", bearer), next(request))],
    }),
  );
}

async function failure(work: Promise<unknown>): Promise<ConnectError> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => ConnectError.from(error),
  );
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

describe.each(Object.entries(DOORS))("through the %s door", (_name, open) => {
  test("answers a unary call", async () => {
    const client = open(await serveEcho(), TEST_KEY);
    expect((await client.echo({ text: "привет" })).text).toBe("привет");
  });

  test("streams every message in order", async () => {
    const client = open(await serveEcho(), TEST_KEY);
    const numbers = (await collect(client.count({ to: 200 }))).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  test("refuses an unknown key before any work", async () => {
    let called = false;
    const server = await serveEcho({ echo: () => ((called = true), { text: "" }) });
    const error = await failure(open(server, "wrong-key-0123456789").echo({ text: "x" }));
    expect([error.code, reasonOf(error), called]).toEqual([Code.Unauthenticated, "API_KEY_INVALID", false]);
  });

  test("refuses a stream with an unknown key", async () => {
    const error = await failure(collect(open(await serveEcho(), "wrong-key-0123456789").count({ to: 3 })));
    expect([error.code, reasonOf(error)]).toEqual([Code.Unauthenticated, "API_KEY_INVALID"]);
  });

  test("names the field that is out of bounds", async () => {
    const error = await failure(open(await serveEcho(), TEST_KEY).echo({ text: "x".repeat(1001) }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field)).toEqual(["text"]);
  });

  test("tells nothing of an error that nobody expected", async () => {
    const server = await serveEcho({
      echo: () => {
        throw new Error("password is hunter2");
      },
    });
    const error = await failure(open(server, TEST_KEY).echo({ text: "x" }));
    expect([error.code, error.rawMessage, reasonOf(error)]).toEqual([Code.Internal, "internal error", "INTERNAL"]);
  });

  test("carries reason and metadata of an error, before and within a stream", async () => {
    const busy = serviceError(Code.ResourceExhausted, "QUEUE_FULL", "the queue is full", {
      metadata: { limit: "10" },
      retryAfterMs: 20_000,
    });
    const server = await serveEcho({
      echo: () => {
        throw busy;
      },
      async *count() {
        yield { number: 1 };
        throw busy;
      },
    });
    const client = open(server, TEST_KEY);
    for (const error of [await failure(client.echo({ text: "x" })), await failure(collect(client.count({ to: 3 })))]) {
      expect([error.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "QUEUE_FULL"]);
    }
  });

  test("stops the handler when the reader leaves", async () => {
    let stopped = false;
    const server = await serveEcho({
      async *count(request, context) {
        context.signal.addEventListener("abort", () => (stopped = true));
        yield* endless(request, context);
      },
    });
    const leave = new AbortController();
    const reading = (async () => {
      for await (const { number } of open(server, TEST_KEY).count({}, { signal: leave.signal })) if (number === 3) leave.abort();
    })();
    expect((await failure(reading)).code).toBe(Code.Canceled);
    await until(() => stopped);
  });
});

test("tells a missing key from a malformed one", async () => {
  const { addresses } = await serveEcho();
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`http://${addresses.http}/echo.v1.EchoService/Echo`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: "{}",
    });
    const { code, details } = (await response.json()) as { code: string; details: { debug?: { reason?: string } }[] };
    return [response.status, code, details[0]?.debug?.reason];
  };
  expect(await ask({})).toEqual([401, "unauthenticated", "API_KEY_MISSING"]);
  expect(await ask({ authorization: `Basic ${TEST_KEY}` })).toEqual([401, "unauthenticated", "API_KEY_MALFORMED"]);
});

test("joins and chats: the other kinds of streams", async () => {
  const client = echoClient(await serveEcho());
  async function* texts() {
    for (const text of ["a", "b", "c"]) yield { text };
  }
  expect((await client.join(texts())).text).toBe("abc");
  expect((await collect(client.chat(texts()))).map(({ text }) => text)).toEqual(["a", "b", "c"]);
});

/** A handler that waits until its signal fires, and tells what happened to it. */
function waitingEcho() {
  const seen: { started: boolean; reason?: unknown } = { started: false };
  const handler = (_: unknown, { signal }: { signal: AbortSignal }) => {
    seen.started = true;
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        seen.reason = signal.reason;
        reject(ConnectError.from(signal.reason));
      });
    });
  };
  return { seen, handler };
}

test("a deadline ends the call on both sides", async () => {
  const { seen, handler } = waitingEcho();
  const client = echoClient(await serveEcho({ echo: handler }), { timeoutMs: 1_000 });
  await client.ready(5_000);
  expect((await failure(client.echo({ text: "x" }))).code).toBe(Code.DeadlineExceeded);
  await until(() => seen.reason !== undefined);
});

test("a caller's abort is CANCELLED and reaches the handler", async () => {
  const { seen, handler } = waitingEcho();
  const abort = new AbortController();
  const call = failure(echoClient(await serveEcho({ echo: handler })).echo({ text: "x" }, { signal: abort.signal }));
  await until(() => seen.started);
  abort.abort();
  expect((await call).code).toBe(Code.Canceled);
  await until(() => seen.reason !== undefined);
});

test("an error tells the request's id, its own when the caller sends none; over HTTP every answer does", async () => {
  const server = await serveEcho({ echo: ({ text }) => (text === "fail" ? Promise.reject(new Error("no")) : { text }) });
  const idOfError = async (headers: Record<string, string>) =>
    (await failure(echoClient(server).echo({ text: "fail" }, { headers }))).metadata.get("x-request-id");
  expect(await idOfError({ "x-request-id": "tap-42" })).toBe("tap-42");
  expect(await idOfError({ "x-request-id": "no spaces or <tags>" })).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idOfError({})).toMatch(/^[0-9a-f-]{36}$/);
  const idOverHttp = async (text: string) => {
    let id: string | null = null;
    const options = { headers: { "x-request-id": "tap-42" }, onHeader: (header: Headers) => (id = header.get("x-request-id")) };
    const failed = await overHttp(server, TEST_KEY, createConnectTransport)
      .echo({ text }, options)
      .catch((error: unknown) => ConnectError.from(error));
    return failed instanceof ConnectError ? failed.metadata.get("x-request-id") : id;
  };
  expect([await idOverHttp("x"), await idOverHttp("fail")]).toEqual(["tap-42", "tap-42"]);
});

test("a target that nobody serves is UNAVAILABLE", async () => {
  const client = echoClient({ addresses: { grpc: "127.0.0.1:1" } });
  expect((await failure(client.echo({ text: "x" }))).code).toBe(Code.Unavailable);
  expect((await failure(client.ready(100))).code).toBe(Code.Unavailable);
});

test("a channel connects ahead of the first call", async () => {
  await expect(echoClient(await serveEcho()).ready(2_000)).resolves.toBeUndefined();
});
