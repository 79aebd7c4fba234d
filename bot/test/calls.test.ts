import { silentLogger, until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { createBot } from "../src/bot.js";
import { withSignal } from "../src/telegram/call-policy.js";
import { FakeTelegram, refuse } from "./fake-telegram.js";
import { TOKEN } from "./harness.js";
import { ManualClock } from "./manual-clock.js";

const MESSAGE = { chat_id: 7, text: "hello" };
const EDIT = { chat_id: 7, message_id: 1, text: "hello" };

async function caller(apiUrl?: string) {
  const telegram = await FakeTelegram.start();
  const clock = new ManualClock();
  const stop = new AbortController();
  const bot = createBot({ token: TOKEN, apiUrl: apiUrl ?? telegram.url, clock, logger: silentLogger(), stop: stop.signal });
  return { telegram, clock, stop, api: bot.api };
}

/** Lets time pass until a call has ended, and gives its result or error. */
async function ended(clock: ManualClock, call: Promise<unknown>): Promise<unknown> {
  let result: { value: unknown } | undefined;
  const note = (value: unknown) => void (result = { value });
  call.then(note, note);
  await until(async () => {
    await clock.advance(500);
    return result !== undefined;
  });
  return result?.value;
}

const INVISIBLE = ["secret-token", TOKEN];
function expectNoToken(error: unknown): void {
  const everything = error instanceof Error ? `${error.message} ${error.stack} ${JSON.stringify(error)}` : String(error);
  for (const text of INVISIBLE) expect(everything).not.toContain(text);
}

test("a flood limit is waited out for as long as Telegram asks, also for messages", async () => {
  const { telegram, clock, api } = await caller();
  telegram.faults.set("sendMessage", [refuse(429, "Too Many Requests", { retry_after: 7 })]);
  expect(await ended(clock, api.sendMessage(MESSAGE))).toMatchObject({ text: "hello" });
  expect(clock.now()).toBeGreaterThanOrEqual(7_000);
});

test("a ban of minutes is not waited for", async () => {
  const { telegram, clock, api } = await caller();
  telegram.faults.set("sendMessage", [refuse(429, "Too Many Requests", { retry_after: 3600 })]);
  expect(await ended(clock, api.sendMessage(MESSAGE))).toMatchObject({ code: 429 });
  expect(telegram.of("sendMessage")).toHaveLength(1);
});

test.each([
  ["502 with a page", "<html>"],
  ["500", refuse(500, "Internal Server Error")],
])("after %s an edit is made again, a message is not: it may have arrived", async (_name, fault) => {
  const { telegram, clock, api } = await caller();
  telegram.faults.set("editMessageText", [fault, fault]);
  expect(await ended(clock, api.editMessageText(EDIT))).toBe(true);
  expect(telegram.of("editMessageText")).toHaveLength(3);
  telegram.faults.set("sendMessage", [fault]);
  expectNoToken(await ended(clock, api.sendMessage(MESSAGE)));
  expect(telegram.of("sendMessage")).toHaveLength(1);
});

test("a refusal is final, and an edit that changes nothing is done", async () => {
  const { telegram, clock, api } = await caller();
  telegram.faults.set("editMessageText", [
    refuse(400, "Bad Request: message to edit not found"),
    refuse(400, "Bad Request: message is not modified: …"),
  ]);
  expect(await ended(clock, api.editMessageText(EDIT))).toMatchObject({ code: 400 });
  expect(await ended(clock, api.editMessageText(EDIT))).toBe(true);
  expect(telegram.of("editMessageText")).toHaveLength(2);
});

test("a call ends with its caller's signal, and with the bot", async () => {
  const { telegram, clock, stop, api } = await caller();
  telegram.faults.set("sendMessage", ["hang", "hang"]);
  const caller1 = new AbortController();
  const first = withSignal(caller1.signal, () => api.sendMessage(MESSAGE));
  const second = api.sendMessage(MESSAGE);
  await until(() => telegram.of("sendMessage").length === 2);
  caller1.abort();
  expect(await ended(clock, first)).toMatchObject({ name: "TelegramUnreachableError" });
  stop.abort();
  expect(await ended(clock, second)).toMatchObject({ name: "TelegramUnreachableError" });
});

test("without a server every call fails after a few attempts, and no error names the token", async () => {
  const { clock, api } = await caller("http://127.0.0.1:2");
  for (const call of [() => api.sendMessage(MESSAGE), () => api.editMessageText(EDIT), () => api.getMe()]) {
    const error = await ended(clock, call());
    expect(error).toMatchObject({ name: "TelegramUnreachableError" });
    expectNoToken(error);
  }
});

test("an address that cannot be parsed does not give the token away", async () => {
  const { clock, api } = await caller("http://[");
  expectNoToken(await ended(clock, api.getMe()));
});
