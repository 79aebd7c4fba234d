import { Writable } from "node:stream";
import { Code, ConnectError, createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { pino } from "pino";
import { expect, test } from "vitest";
import { serviceError } from "../errors/service-error.js";
import { mapErrors } from "./map-errors.js";
import { codeName } from "./by-method-and-code.js";
import { recordCalls } from "./record-calls.js";

type Entry = Record<string, unknown>;

/** A client whose calls are logged at `level`, and what was logged. */
function recorded(handlers: Partial<ServiceImpl<typeof EchoService>>, level: string) {
  const entries: Entry[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      entries.push(JSON.parse(chunk.toString()) as Entry);
      done();
    },
  });
  const logger = pino({ level, formatters: { level: (label) => ({ level: label }) } }, stream);
  const interceptors = [recordCalls(logger), mapErrors({ logger })];
  const transport = createRouterTransport((router) => void router.service(EchoService, handlers), { router: { interceptors } });
  return { client: createClient(EchoService, transport), entries };
}

test("a unary call that went well is a line for debugging, without what was asked", async () => {
  const { client, entries } = recorded({ echo: ({ text }) => ({ text }) }, "debug");
  await client.echo({ text: "a listener's words" });
  expect(entries).toMatchObject([{ level: "debug", msg: "call", method: "echo.v1.EchoService/Echo", code: "ok" }]);
  expect(JSON.stringify(entries)).not.toContain("listener's words");
});

test("says nothing of it at info", async () => {
  const { client, entries } = recorded({ echo: ({ text }) => ({ text }) }, "info");
  await client.echo({ text: "x" });
  expect(entries).toEqual([]);
});

test("a refused call is told at info, with its reason", async () => {
  const refuse = () => {
    throw serviceError(Code.NotFound, "TRACK_NOT_FOUND", "no such track");
  };
  const { client, entries } = recorded({ echo: refuse }, "info");
  await client.echo({}).catch(() => {}); // what is logged is looked at, not the answer
  expect(entries).toMatchObject([{ level: "info", code: "not_found", reason: "TRACK_NOT_FOUND" }]);
});

test("a defect is an error with its cause and the id of the call", async () => {
  const fail = () => {
    throw new TypeError("x is undefined");
  };
  const { client, entries } = recorded({ echo: fail }, "info");
  await client.echo({}, { headers: { "x-request-id": "tap-7" } }).catch(() => {}); // as above
  expect(entries).toMatchObject([
    { level: "error", msg: "unexpected error", request_id: "tap-7", err: { message: "x is undefined" } },
    { level: "error", msg: "call", code: "internal", request_id: "tap-7" },
  ]);
});

test("a stream is told once, at its end", async () => {
  const { client, entries } = recorded(
    {
      async *count() {
        yield { number: 1 };
        yield { number: 2 };
      },
    },
    "info",
  );
  for await (const _ of client.count({})) expect(entries).toEqual([]);
  expect(entries).toMatchObject([{ level: "info", method: "echo.v1.EchoService/Count", code: "ok" }]);
});

test("codes are spelt as gRPC spells them", () => {
  const names = [undefined, Code.InvalidArgument, Code.DeadlineExceeded, Code.Unauthenticated].map((code) =>
    codeName(code && new ConnectError("", code)),
  );
  expect(names).toEqual(["ok", "invalid_argument", "deadline_exceeded", "unauthenticated"]);
});
