import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { followAsyncWork, inTrace, type Span, startSpan } from "@refrain/mesh";
import { collectSpans, until } from "@refrain/mesh/testing";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { TooLongError } from "../src/errors.js";
import { createFakeWork, readAll } from "./fake-work.js";
import { createMemoryDownloads } from "./memory-downloads.js";

const URL = "library://1";

/** Downloads, and what calls with a span of their own see of them. */
function setUp() {
  const { work, fetches } = createFakeWork();
  const downloads = createMemoryDownloads({ slots: 1, maxQueued: 10, clock: systemClock, work });
  onTestFinished(() => downloads.close());
  const call = (caller: Span, userId: string) =>
    readAll((signal) => downloads.download({ url: URL, userId, format: AudioFormat.AUTO, caller }, signal));
  return { fetches, call };
}

// As in a process where a call's span is the active one.
beforeAll(followAsyncWork);

test("a fetch is a span under the call that started it, and is linked from those that join", async () => {
  const spans = await collectSpans();
  const { fetches, call } = setUp();
  let callers: Span[] = [];
  await inTrace("test", {}, async () => {
    callers = [startSpan("first"), startSpan("second")];
    const seen = callers.map((caller, at) => call(caller, String(at)));
    await until(() => seen.every(({ messages }) => messages.length > 0));
    fetches[0]?.finish();
    await Promise.all(seen.map(({ ended }) => ended));
    for (const caller of callers) caller.end();
  });
  const named = (name: string) => spans.getFinishedSpans().find((span) => span.name === name);
  const fetch = named("fetch");
  expect(fetch?.parentSpanContext?.spanId).toBe(callers[0]?.spanContext().spanId);
  expect(fetch?.attributes).toEqual({ "refrain.format": "AUTO", "refrain.source": "library", "refrain.bytes": 1000 });
  expect(named("first")?.links).toEqual([]);
  expect(named("second")?.links.map(({ context }) => context.spanId)).toEqual([fetch?.spanContext().spanId]);
});

test("the span of a fetch that failed says why", async () => {
  const spans = await collectSpans();
  const { fetches, call } = setUp();
  await inTrace("test", {}, async () => {
    const seen = call(startSpan("call"), "1");
    await until(() => fetches.length === 1);
    fetches[0]?.fail(new TooLongError(60));
    await seen.ended;
  });
  const fetch = spans.getFinishedSpans().find(({ name }) => name === "fetch");
  expect(fetch?.attributes).toMatchObject({ "error.type": "TooLongError" });
});
