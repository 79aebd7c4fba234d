import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { reasonOf, serviceError } from "../../src/index.js";
import { echo, echoClient, serveEcho } from "../echo.js";

const ATTEMPTS = "grpc-previous-rpc-attempts";

/** Handlers that fail until they have been called often enough, and note what each attempt said of itself. */
function failing(times: number, error: () => ConnectError) {
  const seen: (string | null)[] = [];
  const next = (header: Headers) => {
    seen.push(header.get(ATTEMPTS));
    if (seen.length <= times) throw error();
  };
  return {
    seen,
    handlers: {
      echo: ({ text }: { text: string }, { requestHeader }: { requestHeader: Headers }) => (next(requestHeader), { text }),
      async *count(request: Parameters<typeof echo.count>[0], context: Parameters<typeof echo.count>[1]) {
        next(context.requestHeader);
        yield* echo.count(request, context);
      },
      join: async (_: unknown, { requestHeader }: { requestHeader: Headers }) => (next(requestHeader), { text: "joined" }),
    },
  };
}

const unavailable = () => serviceError(Code.Unavailable, "FAILED", "no");

async function failure(work: Promise<unknown>): Promise<ConnectError> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => ConnectError.from(error),
  );
}

async function numbers(stream: AsyncIterable<{ number: number }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { number } of stream) all.push(number);
  return all;
}

test("a repeatable call that fails on the way is tried again, and says how often it was tried", async () => {
  const { seen, handlers } = failing(3, unavailable);
  expect((await echoClient(await serveEcho(handlers)).echo({ text: "x" })).text).toBe("x");
  expect(seen).toEqual([null, "1", "2", "3"]);
});

test("four attempts are all, and the last error is told", async () => {
  const { seen, handlers } = failing(9, unavailable);
  const error = await failure(echoClient(await serveEcho(handlers)).echo({ text: "x" }));
  expect([error.code, reasonOf(error), seen.length]).toEqual([Code.Unavailable, "FAILED", 4]);
});

test("a stream is tried again until it opens", async () => {
  const { seen, handlers } = failing(2, unavailable);
  expect(await numbers(echoClient(await serveEcho(handlers)).count({ to: 3 }))).toEqual([1, 2, 3]);
  expect(seen).toEqual([null, "1", "2"]);
});

test("a stream that breaks after its first message is its reader's to open again", async () => {
  let streams = 0;
  const server = await serveEcho({
    async *count() {
      streams += 1;
      yield { number: 1 };
      throw unavailable();
    },
  });
  expect((await failure(numbers(echoClient(server).count({ to: 3 })))).code).toBe(Code.Unavailable);
  expect(streams).toBe(1);
});

test("a call that the contract does not call repeatable is made once", async () => {
  const { seen, handlers } = failing(1, unavailable);
  const client = echoClient(await serveEcho(handlers));
  async function* texts() {
    yield { text: "x" };
  }
  expect((await failure(client.join(texts()))).code).toBe(Code.Unavailable);
  expect(seen).toHaveLength(1);
});

describe("an answer is not asked for again", () => {
  test.each([
    ["INTERNAL", Code.Internal, "INTERNAL"],
    ["NOT_FOUND", Code.NotFound, "TRACK_NOT_FOUND"],
    ["a source that is down", Code.Unavailable, "SOURCE_UNAVAILABLE"],
    ["a breaker further on", Code.Unavailable, "CIRCUIT_OPEN"],
    ["a limit without a time", Code.ResourceExhausted, "QUEUE_FULL"],
  ])("%s", async (_what, code, reason) => {
    const { seen, handlers } = failing(9, () => serviceError(code, reason, "no"));
    const error = await failure(echoClient(await serveEcho(handlers)).echo({ text: "x" }));
    expect([error.code, reasonOf(error), seen.length]).toEqual([code, reason, 1]);
  });
});

test("a limit that names a time within the deadline is waited for", async () => {
  const { seen, handlers } = failing(1, () => serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no", { retryAfterMs: 300 }));
  const client = echoClient(await serveEcho(handlers));
  const startedAt = performance.now();
  expect((await client.echo({ text: "x" })).text).toBe("x");
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  expect(seen).toEqual([null, "1"]);
});

test("a limit that names a time after the deadline is told at once", async () => {
  const { seen, handlers } = failing(1, () =>
    serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no", { retryAfterMs: 6_000 }),
  );
  const error = await failure(echoClient(await serveEcho(handlers), { timeoutMs: 5_000 }).echo({ text: "x" }));
  expect([reasonOf(error), seen.length]).toEqual(["RATE_LIMITED", 1]);
});

test("an attempt that hangs gets half of the time, and the next one the answer", async () => {
  const deadlines: number[] = [];
  const server = await serveEcho({
    echo: ({ text }, { signal, timeoutMs }) => {
      deadlines.push(timeoutMs() ?? Infinity);
      if (deadlines.length > 1) return { text };
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(ConnectError.from(signal.reason))));
    },
  });
  const client = echoClient(server, { timeoutMs: 4_000 });
  expect((await client.echo({ text: "x" })).text).toBe("x");
  expect(deadlines).toHaveLength(2);
  expect(deadlines[0]).toBeLessThanOrEqual(2_000);
  expect(deadlines[1]).toBeLessThanOrEqual(1_000);
});

test("a stream that does not open is tried again; one that has opened keeps all of its time", async () => {
  let streams = 0;
  const server = await serveEcho({
    async *count(request, context) {
      streams += 1;
      if (streams === 1) await once(context.signal, "abort");
      for (let number = 1; number <= request.to; number++) {
        yield { number };
        await wait(500, undefined, { signal: context.signal });
      }
    },
  });
  // The first has 3 s to open, the second 1.5 s, and runs for longer than that.
  expect(await numbers(echoClient(server).count({ to: 4 }, { timeoutMs: 6_000 }))).toEqual([1, 2, 3, 4]);
  expect(streams).toBe(2);
});

test("the caller's abort ends the wait for another attempt", async () => {
  const { seen, handlers } = failing(9, () =>
    serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no", { retryAfterMs: 4_000 }),
  );
  const abort = new AbortController();
  const call = failure(echoClient(await serveEcho(handlers)).echo({ text: "x" }, { signal: abort.signal }));
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  abort.abort();
  expect((await call).code).toBe(Code.Canceled);
  expect(seen).toHaveLength(1);
});
