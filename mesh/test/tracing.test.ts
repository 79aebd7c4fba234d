import { Writable } from "node:stream";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { pino, type Logger } from "pino";
import { beforeAll, describe, expect, test } from "vitest";
import { callSpan, followAsyncWork, inSpan, inTrace, serviceError, traceRoute } from "../src/index.js";
import { collectSpans, until } from "../src/testing.js";
import { echoClient, serveEcho } from "./echo.js";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

type Entry = Record<string, unknown>;

/** A logger, and what it was told. */
function logged(): { logger: Logger; entries: Entry[] } {
  const entries: Entry[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      entries.push(JSON.parse(chunk.toString()) as Entry);
      done();
    },
  });
  return { logger: pino({ level: "info" }, stream), entries };
}

const refuse = () => {
  throw serviceError(Code.NotFound, "TRACK_NOT_FOUND", "no such track");
};
const fail = () => {
  throw new TypeError("x is undefined");
};

function only(spans: readonly ReadableSpan[], kind: SpanKind): ReadableSpan {
  const [span, ...more] = spans.filter((candidate) => candidate.kind === kind);
  if (!span || more.length > 0)
    throw new Error(`expected one span of kind ${SpanKind[kind]}, got ${more.length + (span ? 1 : 0)}`);
  return span;
}

// As in a process that follows its asynchronous work.
beforeAll(followAsyncWork);

describe("while nobody collects traces", () => {
  test("lines about a call carry the ids that its caller sent", async () => {
    const { logger, entries } = logged();
    const client = echoClient(await serveEcho({ echo: refuse }, { logger }));
    await client.echo({}, { headers: { traceparent: TRACEPARENT } }).catch(() => {}); // the log is looked at
    await until(() => entries.some(({ msg }) => msg === "call"));
    expect(entries.find(({ msg }) => msg === "call")).toMatchObject({ trace_id: TRACE, span_id: SPAN });
  });

  test("without ids from the caller, all lines about one call have the same new one", async () => {
    const { logger, entries } = logged();
    const client = echoClient(await serveEcho({ echo: fail }, { logger }));
    for (const _ of [1, 2]) await client.echo({}).catch(() => {}); // as above
    await until(() => entries.filter(({ msg }) => msg === "call").length >= 2);
    const ids = (message: string) => entries.filter(({ msg }) => msg === message).map(({ trace_id }) => trace_id);
    expect(ids("unexpected error")).toEqual(ids("call"));
    expect(new Set(ids("call")).size).toBe(ids("call").length);
    expect(ids("call")[0]).toMatch(/^[\da-f]{32}$/);
  });

  test("a call within a trace takes its ids along", async () => {
    let told: string | null = "";
    const handler = (_: unknown, { requestHeader }: HandlerContext) => {
      told = requestHeader.get("traceparent");
      return {};
    };
    const client = echoClient(await serveEcho({ echo: handler }));
    let ids: string | undefined;
    await inTrace("update", {}, async () => {
      ids = trace.getActiveSpan()?.spanContext().traceId;
      await client.echo({});
    });
    expect(told).toContain(`00-${ids}-`);
    await client.echo({});
    expect(told).toBeNull();
  });

  test("work in a span is done, and no span is made", async () => {
    await inTrace("update", {}, async () => {
      expect(await inSpan("work", {}, async (span) => span.isRecording())).toBe(false);
    });
  });
});

describe("while traces are collected", () => {
  test("a call is a span on both sides, the server's under the client's, under the work that made it", async () => {
    const spans = await collectSpans();
    const client = echoClient(await serveEcho());
    await inTrace("update", {}, () => client.echo({ text: "a listener's words" }));
    await until(() => spans.getFinishedSpans().length === 3);
    const all = spans.getFinishedSpans();
    const [root, ours, theirs] = [SpanKind.CONSUMER, SpanKind.CLIENT, SpanKind.SERVER].map((kind) => only(all, kind));
    expect(root?.parentSpanContext).toBeUndefined();
    expect(ours?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId);
    expect(theirs?.parentSpanContext?.spanId).toBe(ours?.spanContext().spanId);
    expect(theirs?.name).toBe("echo.v1.EchoService/Echo");
    expect(theirs?.attributes).toMatchObject({
      "rpc.system.name": "grpc",
      "rpc.method": "echo.v1.EchoService/Echo",
      "rpc.response.status_code": "OK",
    });
    expect(JSON.stringify(all.map(({ name, attributes, events }) => ({ name, attributes, events })))).not.toContain("words");
  });

  test("the span of a stream ends with it", async () => {
    const spans = await collectSpans();
    let goOn: (() => void) | undefined;
    const client = echoClient(
      await serveEcho({
        async *count() {
          yield { number: 1 };
          await new Promise<void>((resolve) => (goOn = resolve));
        },
      }),
    );
    await inTrace("update", {}, async () => {
      for await (const _ of client.count({})) {
        expect(spans.getFinishedSpans()).toEqual([]);
        await until(() => goOn !== undefined);
        goOn?.();
      }
    });
    await until(() => spans.getFinishedSpans().length === 3);
    expect(only(spans.getFinishedSpans(), SpanKind.CLIENT).attributes).toMatchObject({ "rpc.response.status_code": "OK" });
  });

  test("a refusal is a fault for the client, not for the server; a defect is one for both", async () => {
    const spans = await collectSpans();
    const failing = { echo: refuse };
    const client = echoClient(await serveEcho(failing));
    await inTrace("update", {}, () => client.echo({})).catch(() => {}); // the spans are looked at
    await until(() => spans.getFinishedSpans().length === 3);
    const { status, attributes } = only(spans.getFinishedSpans(), SpanKind.SERVER);
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).toMatchObject({ "rpc.response.status_code": "NOT_FOUND", "error.type": "TRACK_NOT_FOUND" });
    expect(only(spans.getFinishedSpans(), SpanKind.CLIENT).status.code).toBe(SpanStatusCode.ERROR);
    spans.reset();
    const other = echoClient(await serveEcho({ echo: fail }));
    await inTrace("update", {}, () => other.echo({})).catch(() => {}); // as above
    await until(() => spans.getFinishedSpans().some(({ kind }) => kind === SpanKind.SERVER));
    expect(spans.getFinishedSpans().find(({ kind }) => kind === SpanKind.SERVER)?.status.code).toBe(SpanStatusCode.ERROR);
  });

  test("a call that had to be repeated is one span, which says how often it was tried", async () => {
    const spans = await collectSpans();
    let tries = 0;
    const client = echoClient(
      await serveEcho({
        echo: ({ text }) => {
          if (++tries < 3) throw serviceError(Code.Unavailable, "RESTARTING", "ask again");
          return { text };
        },
      }),
    );
    await inTrace("update", {}, () => client.echo({}));
    await until(() => spans.getFinishedSpans().length === 5);
    const [ours, ...more] = spans.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(more).toEqual([]);
    expect(ours?.attributes).toMatchObject({ "refrain.attempts": 3, "rpc.response.status_code": "OK" });
    const theirs = spans.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
    expect(theirs.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(Array(3).fill(ours?.spanContext().spanId));
  });

  test("a caller's decision not to collect is kept", async () => {
    const spans = await collectSpans();
    const client = echoClient(await serveEcho());
    await client.echo({}, { headers: { traceparent: `00-${TRACE}-${SPAN}-00` } });
    await client.echo({}, { headers: { traceparent: TRACEPARENT } });
    await until(() => spans.getFinishedSpans().length > 0);
    expect(spans.getFinishedSpans().map(({ parentSpanContext }) => parentSpanContext?.traceFlags)).toEqual([1]);
  });

  test("a handler starts work under its call's span", async () => {
    const spans = await collectSpans();
    const client = echoClient(
      await serveEcho({
        echo: ({ text }, { values }) => inSpan("work", { parent: callSpan(values) }, async () => ({ text })),
      }),
    );
    await client.echo({}, { headers: { traceparent: TRACEPARENT } });
    await until(() => spans.getFinishedSpans().length === 2);
    const work = only(spans.getFinishedSpans(), SpanKind.INTERNAL);
    expect(work.parentSpanContext?.spanId).toBe(only(spans.getFinishedSpans(), SpanKind.SERVER).spanContext().spanId);
    expect(work.spanContext().traceId).toBe(TRACE);
  });

  test("of an error a span has the kind, never the text", async () => {
    const spans = await collectSpans();
    const reading = () => Promise.reject(new RangeError("/home/somebody/secret"));
    await inTrace("update", {}, () => inSpan("work", {}, reading)).catch(() => {}); // the spans are looked at
    const [work] = spans.getFinishedSpans();
    expect(work?.attributes).toEqual({ "error.type": "RangeError" });
    expect(work?.events).toEqual([]);
    expect(work?.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  test("outside of a trace no span is made", async () => {
    const spans = await collectSpans();
    await context.with(context.active(), () => inSpan("work", {}, async () => {}));
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  test("a request to a route is a span that names the route, not the path", async () => {
    const spans = await collectSpans();
    const route = traceRoute({ prefix: "/files/", authenticated: false, handle: (_, response) => void response.end("here") });
    const { addresses } = await serveEcho({}, { routes: [route] });
    const response = await fetch(`http://${addresses.http}/files/a-name?key=1`, { headers: { traceparent: TRACEPARENT } });
    await response.text();
    await until(() => spans.getFinishedSpans().length === 1);
    const span = only(spans.getFinishedSpans(), SpanKind.SERVER);
    expect(span.name).toBe("GET /files/*");
    expect(span.parentSpanContext?.spanId).toBe(SPAN);
    expect(span.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/files/*",
      "http.response.status_code": 200,
    });
  });
});
