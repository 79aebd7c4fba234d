import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import { Listener } from "../src/listener.js";
import { OtlpReceiver, type ReceivedSpan } from "../src/otlp-receiver.js";
import { startRefrain, type Refrain } from "../src/refrain.js";

const BEN = 1002;
/** The playground's bot, whose token is in the address of every call to Telegram. */
const TOKEN = "1:playground";

const MUSIC = "refrain.music.v1.MusicService";
const STORAGE = "refrain.storage.v1.StorageService";

let receiver: OtlpReceiver;
let refrain: Refrain;

async function start(): Promise<void> {
  receiver = new OtlpReceiver();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.listen(), OTEL_BSP_SCHEDULE_DELAY: "100" };
  refrain = await (await startRefrain({ ...env, LIBRARY_BYTES_PER_SECOND: "0" })).ready();
}

async function stop(): Promise<void> {
  receiver?.die();
  await refrain?.[Symbol.asyncDispose]();
}

/** A span that came after the first `since`, once it has come. */
async function received(service: string, name: string, since: number): Promise<ReceivedSpan> {
  const find = () => receiver.spans.slice(since).find((span) => span.service === service && span.name === name);
  await until(() => find() !== undefined, 60_000);
  return find() as ReceivedSpan; // until() has waited for it
}

/** Names of a span and of all above it, each with its service. */
function lineage(last: ReceivedSpan): string[] {
  const names: string[] = [];
  for (let span: ReceivedSpan | undefined = last; span; span = parentOf(span)) names.unshift(`${span.service}: ${span.name}`);
  return names;
}

function parentOf({ traceId, parentId }: ReceivedSpan): ReceivedSpan | undefined {
  return receiver.spans.find((span) => span.traceId === traceId && span.spanId === parentId);
}

describe("with a collector", () => {
  beforeAll(start, 240_000);
  afterAll(stop);

  test("one tap is one trace, from the bot's update through storage, music and the fetch to the upload", async () => {
    const ben = new Listener(refrain.page, BEN);
    await ben.say("/play believer");
    await ben.sees(
      ({ reply_markup }) => reply_markup?.inline_keyboard?.flat().some(({ text }) => text.includes("Believer")) ?? false,
    );
    const since = receiver.spans.length;
    await ben.presses("Believer", 60_000);
    await ben.hears("Believer", 60_000);
    const { traceId } = await received("bot", "download", since); // ends last

    const above = async (service: string, name: string) => {
      const span = await received(service, name, since);
      expect(span.traceId).toBe(traceId);
      return lineage(span);
    };
    const download = ["bot: update callback_query", "bot: download"];
    const call = (service: string, method: string) => [...download, `bot: ${method}`, `${service}: ${method}`];
    expect(await above("storage", `${STORAGE}/SaveTrack`)).toEqual(call("storage", `${STORAGE}/SaveTrack`));
    expect(await above("storage", `${STORAGE}/SetTelegramFile`)).toEqual(call("storage", `${STORAGE}/SetTelegramFile`));
    expect(await above("music", "fetch")).toEqual([...call("music", `${MUSIC}/Download`), "music: fetch"]);
    expect(await above("music", "GET /files/*")).toEqual([...download, "bot: GET /files/*", "music: GET /files/*"]);
    expect(await above("bot", "telegram sendAudio")).toEqual([...download, "bot: telegram sendAudio"]);
    expect(await above("bot", "telegram answerCallbackQuery")).toEqual([
      "bot: update callback_query",
      "bot: telegram answerCallbackQuery",
    ]);
    const fetch = await received("music", "fetch", since);
    expect(fetch.attributes).toMatchObject({ "refrain.source": "library", "refrain.format": "AUTO" });
  }, 240_000);

  test("a search is one trace with the services that were asked", async () => {
    const since = receiver.spans.length;
    await new Listener(refrain.page, BEN).say("/play winter road");
    const asked = await received("music", `${MUSIC}/Search`, since);
    await received("bot", "search", since);
    await until(() => lineage(asked).length === 4, 60_000);
    expect(lineage(asked)).toEqual(["bot: update message", "bot: search", `bot: ${MUSIC}/Search`, `music: ${MUSIC}/Search`]);
  }, 120_000);

  test("no span holds what a listener typed or who they are, a title, a token or a key", async () => {
    const since = receiver.spans.length;
    const ben = new Listener(refrain.page, BEN);
    await ben.say("/play velvet foxes secretword");
    await ben.sees(/secretword/, 60_000);
    await ben.say("/play the velvet foxes"); // a track that no other test fetches: what Telegram has is not fetched again
    await ben.presses("Winter Road", 60_000);
    await received("bot", "download", since);
    const all = Buffer.concat(receiver.bodies).toString("latin1");
    const keys = await Promise.all([refrain.key("music"), refrain.key("storage")]);
    for (const secret of ["secretword", "eliever", "inter Road", TOKEN, ...keys, String(BEN)]) expect(all).not.toContain(secret);
  }, 120_000);
});

describe("with a collector that dies in the middle", () => {
  beforeAll(start, 240_000);
  afterAll(stop);

  test("nothing else is harmed, and each service tells it once", async () => {
    const ben = new Listener(refrain.page, BEN);
    await ben.say("/play believer");
    await received("music", `${MUSIC}/Search`, 0);
    receiver.die();
    await ben.presses("Believer", 60_000);
    await ben.hears("Believer", 60_000);
    const told = () => refrain.lines.filter((line) => line.includes("traces cannot be exported"));
    await until(() => told().length === 3, 90_000);
    await ben.say("/play winter road");
    await ben.presses("Winter Road", 60_000);
    await ben.hears("Winter Road", 60_000);
    expect(
      told()
        .map((line) => line.split(" ")[1])
        .toSorted(),
    ).toEqual(["bot", "music", "storage"]);
  }, 240_000);
});
