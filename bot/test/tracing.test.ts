import { Writable } from "node:stream";
import { createLogger, metrics } from "@refrain/mesh";
import { collectSpans, until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { down, track } from "./fake-services.js";
import { refuse } from "./fake-telegram.js";
import { botMessage, TOKEN, world } from "./harness.js";

const TAP = `t:${track(1).key}`;

type Entry = Record<string, unknown>;

/** The bot's own logger, and what it wrote. */
function logged() {
  const entries: Entry[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      entries.push(JSON.parse(chunk.toString()) as Entry);
      done();
    },
  });
  return { logger: createLogger("bot", "debug", stream), entries };
}

/** One metric's value, 0 when it is not shown. */
async function valueOf(series: string): Promise<number> {
  const line = (await metrics.metrics()).split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

/** The parent's name of each span, by its own name. */
const parents = (spans: ReturnType<Awaited<ReturnType<typeof collectSpans>>["getFinishedSpans"]>) =>
  Object.fromEntries(
    spans.map(({ name, parentSpanContext }) => [
      name,
      spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name,
    ]),
  );

test("lines about one update carry one trace's ids, also those of work beside its lane", async () => {
  const { logger, entries } = logged();
  const { music, storage, say } = await world({ logger });
  storage.isDown = true;
  music.overrides.search = () => {
    throw down();
  };
  const failures = () => entries.filter(({ msg }) => msg === "search failed");
  say("believer");
  await until(() => failures().length === 1);
  say("thunder");
  await until(() => failures().length === 2);
  const [one, other] = failures().map(({ trace_id }) => trace_id);
  expect(one).toMatch(/^[\da-f]{32}$/);
  expect(other).not.toBe(one);
  const cache = entries.filter(({ msg }) => msg === "search cache not read").map(({ trace_id }) => trace_id);
  expect(cache).toEqual([one, other]);
});

test("the line about an update that could not be handled carries its ids", async () => {
  const { logger, entries } = logged();
  const { telegram, say } = await world({ logger });
  telegram.faults.set("sendMessage", [refuse(403, "Forbidden: bot was blocked by the user")]);
  const failed = "refrain_update_errors_total";
  const before = await valueOf(failed);
  say("/help");
  const line = () => entries.find(({ msg }) => msg === "an update could not be handled");
  await until(() => line() !== undefined);
  expect(line()?.["trace_id"]).toMatch(/^[\da-f]{32}$/);
  expect(await valueOf(failed)).toBe(before + 1);
});

test("a tap is one trace: its handler, the download beside it, the file and what Telegram was asked", async () => {
  const spans = await collectSpans();
  const { telegram, storage, tap, seen } = await world();
  storage.known.set(track(1).key, track(1));
  tap(TAP);
  await seen("sendAudio", "Song 1");
  await until(() => spans.getFinishedSpans().some(({ name }) => name === "download"));
  const all = spans.getFinishedSpans();
  expect(parents(all)).toMatchObject({
    "telegram answerCallbackQuery": "update callback_query",
    download: "update callback_query",
    "GET /files/*": "download",
    "telegram sendAudio": "download",
  });
  expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(1);
  const told = JSON.stringify(all.map(({ name, attributes, events, status }) => [name, attributes, events, status]));
  for (const secret of [TOKEN, "secret-token", "Song 1", String(botMessage(1).chat.id)]) expect(told).not.toContain(secret);
  expect(telegram.of("getUpdates").length).toBeGreaterThan(0);
  expect(all.map(({ name }) => name)).not.toContain("telegram getUpdates");
});

test("updates, searches, deliveries, uploads and calls to Telegram are counted by how they ended", async () => {
  const delivered = 'refrain_deliveries_total{outcome="fetched",reason=""}';
  const again = 'refrain_deliveries_total{outcome="file_id",reason=""}';
  const failed = 'refrain_deliveries_total{outcome="failed",reason="failed"}';
  const uploads = 'refrain_upload_duration_seconds_count{outcome="ok"}';
  const taps = 'refrain_update_duration_seconds_count{kind="callback_query"}';
  const banned = 'refrain_telegram_request_duration_seconds_count{method="sendMessage",code="429"}';
  const searched = 'refrain_searches_total{answered_by="music"}';
  const names = [delivered, again, failed, uploads, taps, banned, searched];
  const before = await Promise.all(names.map(valueOf));
  const { telegram, music, storage, say, tap, seen, said } = await world();
  music.tracks = [track(1)];
  telegram.faults.set("sendMessage", [refuse(429, "Too Many Requests", { retry_after: 0 })]);
  say("song");
  await said("Song 1");
  tap(TAP);
  await seen("sendAudio", "Song 1");
  for (const one of [track(2), track(3)]) storage.known.set(one.key, one);
  storage.fileIds.set(track(3).url, "known-file");
  tap(`t:${track(3).key}`);
  await seen("sendAudio", "known-file");
  music.download = () => {
    throw down();
  };
  tap(`t:${track(2).key}`);
  const counted = async () => (await Promise.all(names.map(valueOf))).map((value, at) => value - (before[at] ?? 0));
  const expected = [1, 1, 1, 1, 3, 1, 1];
  await until(async () => (await counted()).join() === expected.join()).catch(() => {}); // told below, with what there is
  expect(await counted()).toEqual(expected);
});
