import { Code, ConnectError } from "@connectrpc/connect";
import { createApiKeys, createRateLimiter, endUser, errorMetadata, reasonOf, retryAfterMs } from "../src/index.js";
import { expect, test } from "vitest";
import { echoClient, serveEcho } from "./echo.js";

const ANN_KEY = "key-of-ann-0123456789";
const BEN_KEY = "key-of-ben-0123456789";
const keys = createApiKeys([`ann:${ANN_KEY}`, `ben:${BEN_KEY}`]);

/** Two echoes a minute for each end user. */
const echoes = () => ({ endUser: { echo: createRateLimiter({ name: "echo", points: 2, seconds: 60 }) } });

/** Reasons of the calls that failed, `ok` for the others, in order. */
async function outcomes(calls: readonly (() => Promise<unknown>)[]): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (const call of calls) all.push(await call().then(() => "ok", reasonOf));
  return all;
}

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

test("the third of two calls a minute is refused, with the time until the next", async () => {
  const client = echoClient(await serveEcho({}, { keys, rateLimits: echoes() }), { key: ANN_KEY });
  const call = () => client.echo({ text: "x" });
  expect(await outcomes([call, call])).toEqual(["ok", "ok"]);
  const error = await call().catch((reason: unknown) => reason);
  expect([ConnectError.from(error).code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
  expect(errorMetadata(error)).toEqual({ limit: "2", window_seconds: "60" });
  expect(retryAfterMs(error)).toBeGreaterThan(0);
});

test("end users of a caller, and callers, have a quota each", async () => {
  const server = await serveEcho({}, { keys, rateLimits: echoes() });
  const [ann, ben] = [echoClient(server, { key: ANN_KEY }), echoClient(server, { key: BEN_KEY })];
  const calls = [
    () => ann.echo({ text: "x" }, endUser("1")),
    () => ann.echo({ text: "x" }, endUser("2")),
    () => ann.echo({ text: "x" }),
    () => ben.echo({ text: "x" }, endUser("1")),
  ];
  expect(await outcomes([...calls, ...calls])).toEqual(times(8, "ok"));
  expect(await outcomes(calls)).toEqual(times(4, "RATE_LIMITED"));
});

test("a call with a bad field, or without a known key, costs nothing", async () => {
  const server = await serveEcho({}, { keys, rateLimits: echoes() });
  const [client, stranger] = [echoClient(server, { key: ANN_KEY }), echoClient(server, { key: "unknown-key-0123456789" })];
  const bad = () => client.echo({ text: "x".repeat(1_001) });
  expect(await outcomes(times(5, bad))).toEqual(times(5, "INVALID_ARGUMENT"));
  expect(await outcomes(times(5, () => stranger.echo({ text: "x" })))).toEqual(times(5, "API_KEY_INVALID"));
  expect(await outcomes(times(3, () => client.echo({ text: "x" })))).toEqual(["ok", "ok", "RATE_LIMITED"]);
});

test("both doors count together", async () => {
  const server = await serveEcho({}, { keys, rateLimits: echoes() });
  const overGrpc = () => echoClient(server, { key: ANN_KEY }).echo({ text: "x" });
  const overHttp = () =>
    fetch(`http://${server.addresses.http}/echo.v1.EchoService/Echo`, {
      method: "POST",
      headers: { authorization: `Bearer ${ANN_KEY}`, "content-type": "application/json" },
      body: '{"text":"x"}',
    });
  expect((await overHttp()).status).toBe(200);
  expect(await outcomes([overGrpc])).toEqual(["ok"]);
  expect((await overHttp()).status).toBe(429);
});

test("a caller's limit counts all its valid calls, streams too", async () => {
  const caller = createRateLimiter({ name: "caller", points: 3, seconds: 60 });
  const server = await serveEcho({}, { keys, rateLimits: { caller } });
  const client = echoClient(server, { key: ANN_KEY });
  const count = async () => {
    for await (const message of client.count({ to: 2 })) void message;
  };
  async function* texts(text: string) {
    yield { text };
    yield { text };
  }
  const join = (text: string) => () => client.join(texts(text));
  const call = () => client.echo({ text: "x" }, endUser("somebody else"));
  expect(await outcomes([join("x".repeat(1_001)), join("x"), count, call])).toEqual(["INVALID_ARGUMENT", "ok", "ok", "ok"]);
  expect(await outcomes([call, count, join("x")])).toEqual(times(3, "RATE_LIMITED"));
  expect(await outcomes([() => echoClient(server, { key: BEN_KEY }).echo({ text: "x" })])).toEqual(["ok"]);
});
