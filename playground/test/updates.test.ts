import { expect, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import type { Update } from "../src/shapes/bot-api.js";
import { ANNA, BEN, startUnderTest, TOKEN, updates } from "./under-test.js";

test("updates rise by one, stay until confirmed, and begin with update_id", async () => {
  const at = await startUnderTest();
  for (const text of ["one", "two", "three"]) await at.types(ANNA, text);
  const all = await updates(at);
  const first = all[0]?.update_id ?? 0;
  expect(all.map((update) => update.update_id - first)).toEqual([0, 1, 2]);
  expect(await updates(at)).toEqual(all);
  expect((await updates(at, first + 1)).map((update) => update.message?.text)).toEqual(["two", "three"]);
  expect((await updates(at)).length).toBe(2);
  const raw = await (await at.ask("POST", `/bot${TOKEN}/getUpdates`, {})).text();
  expect(raw).toMatch(/^\{"ok":true,"result":\[\{"update_id":\d+,/);
});

test("a limit cuts, and a negative offset counts from the end and forgets what came before", async () => {
  const at = await startUnderTest();
  for (const text of ["one", "two", "three"]) await at.types(ANNA, text);
  expect((await at.call<Update[]>("getUpdates", { limit: 2 })).result.length).toBe(2);
  expect((await updates(at, -1)).map((update) => update.message?.text)).toEqual(["three"]);
  expect((await updates(at)).map((update) => update.message?.text)).toEqual(["three"]);
});

test("a long poll waits for the next update", async () => {
  const at = await startUnderTest();
  const polled = at.call<Update[]>("getUpdates", { timeout: 30 });
  await at.types(BEN, "hello");
  expect((await polled).result.map((update) => update.message?.text)).toEqual(["hello"]);
});

test("of two pollers the first is told that there is another", async () => {
  const at = await startUnderTest();
  const first = at.call("getUpdates", { timeout: 30 });
  // The second goes again until the first was there before it.
  let ended = false;
  void first.finally(() => (ended = true));
  await until(async () => {
    await at.call("getUpdates", { timeout: 0 });
    return ended;
  });
  expect(await first).toMatchObject({
    status: 409,
    description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  });
});

test("a poller that hangs up loses nothing", async () => {
  const at = await startUnderTest();
  const controller = new AbortController();
  const poll = fetch(`${at.url}/bot${TOKEN}/getUpdates?timeout=30`, { signal: controller.signal });
  controller.abort();
  await expect(poll).rejects.toThrow("aborted");
  await at.types(ANNA, "still here");
  expect((await updates(at)).map((update) => update.message?.text)).toEqual(["still here"]);
});

test("allowed_updates is remembered", async () => {
  const at = await startUnderTest();
  await at.call("getUpdates", { allowed_updates: ["callback_query"] });
  await at.types(ANNA, "unwanted");
  await at.call("sendMessage", {
    chat_id: ANNA,
    text: "x",
    reply_markup: { inline_keyboard: [[{ text: "b", callback_data: "d" }]] },
  });
  await at.press(ANNA, 2, "b");
  const [update, ...rest] = await updates(at);
  expect(rest).toEqual([]);
  expect(update?.callback_query).toMatchObject({ data: "d", from: { id: ANNA }, message: { message_id: 2 } });
});

test("a confirmed update may come once more, on demand", async () => {
  const at = await startUnderTest();
  await at.breaks({ kind: "duplicate_update", times: 1 });
  await at.types(ANNA, "twice");
  const [update] = await updates(at);
  const next = (update?.update_id ?? 0) + 1;
  expect(await updates(at, next)).toEqual([update]);
  expect(await updates(at, next)).toEqual([]);
});

test("every bot has its own updates and chats", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "for the page's bot");
  expect((await at.call("getUpdates", {}, "8:other")).result).toEqual([]);
  expect(await at.call("sendMessage", { chat_id: ANNA, text: "x" }, "8:other")).toMatchObject({
    description: "Bad Request: chat not found",
  });
});
