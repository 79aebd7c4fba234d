import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { Listener } from "../src/listener.js";
import { ownPorts, ROOT, startRefrain, type Refrain } from "../src/refrain.js";

const ANNA = 1001;
const BEN = 1002;

/** Nothing answers there. */
const NOBODY = "ipv4:127.0.0.1:1";

/** A listener never reads a code, a service's name, an address or a stack. */
const INNER = /grpc|rpc|ECONN|UNAVAILABLE|storage|\bmusic service|127\.0\.0\.1|\bat .+:\d+|undefined|\{\{/i;

async function textsOf(listener: Listener): Promise<string> {
  return (await listener.messages()).map(({ text = "" }) => text).join("\n");
}

describe("without storage", () => {
  let refrain: Refrain;
  beforeAll(async () => {
    refrain = await (await startRefrain({ STORAGE_TARGET: NOBODY, LIBRARY_BYTES_PER_SECOND: "0" })).ready();
  }, 240_000);
  afterAll(() => refrain?.[Symbol.asyncDispose]());

  test("search and download still work, and the listener is told that the track is not kept", async () => {
    const ben = new Listener(refrain.page, BEN);
    await ben.say("/play believer");
    await ben.presses("Believer");
    await ben.hears("Believer", 60_000);
    await ben.sees(/could not keep it/i, 60_000);
    expect(await textsOf(ben)).not.toMatch(INNER);
  }, 180_000);

  test("My music says in plain words that it cannot be opened", async () => {
    const anna = new Listener(refrain.page, ANNA);
    await anna.say("/my");
    await anna.sees(/Не могу открыть вашу музыку/, 60_000);
    expect(await textsOf(anna)).not.toMatch(INNER);
  }, 120_000);
});

describe("without music", () => {
  let refrain: Refrain;
  beforeAll(async () => {
    refrain = await (await startRefrain({ MUSIC_TARGET: NOBODY })).ready();
  }, 120_000);
  afterAll(() => refrain?.[Symbol.asyncDispose]());

  test("a search ends in one plain sentence, and the rest still works", async () => {
    const anna = new Listener(refrain.page, ANNA);
    await anna.say("believer");
    await anna.sees(/Поиск сейчас не отвечает/, 60_000);
    await anna.say("/my");
    await anna.sees(/музык/i, 30_000);
    expect(await textsOf(anna)).not.toMatch(INNER);
  }, 180_000);
});

describe("with everything", () => {
  let refrain: Refrain;
  beforeAll(async () => {
    refrain = await (await startRefrain({ LIBRARY_BYTES_PER_SECOND: "40000" })).ready();
  }, 240_000);
  afterAll(() => refrain?.[Symbol.asyncDispose]());

  test("a slow download holds back nobody: others search, and it can be cancelled while it runs", async () => {
    const [anna, ben] = [new Listener(refrain.page, ANNA), new Listener(refrain.page, BEN)];
    await anna.say("believer");
    await anna.presses("Believer");
    await anna.sees(/\d+\s%/); // 9 s at this speed
    await ben.say("believer");
    await ben.sees(/Found 1 track/);
    await anna.say("/help");
    await anna.sees(/\/play believer/);
    await anna.presses("Отменить");
    await anna.sees(/Отменено/);
    expect((await anna.messages()).filter(({ audio }) => audio)).toEqual([]);
  }, 120_000);
});

test("what a listener kept is there after a restart, and comes again without a fetch", async () => {
  const first = await (await startRefrain({ LIBRARY_BYTES_PER_SECOND: "0" })).ready();
  onTestFinished(() => first[Symbol.asyncDispose]());
  const before = new Listener(first.page, BEN);
  await before.say("believer");
  await before.presses("Believer");
  const audio = await before.hears("Believer", 60_000);
  await until(async () => !(await before.messages()).some(({ text = "" }) => text.includes("%")));
  await first.stop();

  const second = await (await startRefrain({ DATA_DIR: first.folder })).ready();
  onTestFinished(() => second[Symbol.asyncDispose]());
  const after = new Listener(second.page, BEN);
  await after.say("/my");
  await after.presses("Believer", 60_000);
  const again = await after.sees(({ audio: sent, message_id }) => sent !== undefined && message_id > audio.message_id);
  expect(again.audio?.file_id).toBe(audio.audio?.file_id);
}, 300_000);

test("the same bot works against any Bot API server", async () => {
  const folder = await temporaryFolder();
  const { PLAYGROUND_PORT } = ownPorts();
  const env = { PATH: process.env.PATH, DATA_DIR: folder, PLAYGROUND_PORT, PLAYGROUND_BOT_TOKEN: "1:x" };
  const server = spawn(process.execPath, ["playground/dist/main.js"], { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: server.stdout }).on("line", (line) => lines.push(line));
  const address = () => /"page":"(http:[^"]+)"/.exec(lines.join("\n"))?.[1];
  await until(() => address() !== undefined, 30_000);
  const url = address() ?? "";

  const refrain = await (await startRefrain({ BOT_TOKEN: "1:x", TELEGRAM_API_URL: url })).ready();
  onTestFinished(() => refrain[Symbol.asyncDispose]());
  expect(refrain.output).not.toContain("/play believer"); // no playground of its own
  const ben = new Listener(url, BEN);
  await ben.say("/play believer");
  await ben.presses("Believer");
  await ben.hears("Believer", 60_000);
}, 240_000);
