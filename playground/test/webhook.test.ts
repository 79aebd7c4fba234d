import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Update } from "../src/shapes/bot-api.js";
import { readText } from "../src/bot-api/read-request.js";
import { ANNA, BEN, startUnderTest } from "./under-test.js";

interface Hook {
  url: string;
  /** Every delivery, refused ones too. */
  got: { update: Update; secret: string | undefined }[];
}

/** A bot's webhook that answers with `status(n)` to delivery n, from 1. */
async function listen(answer: (delivery: number) => { status: number; body?: unknown }): Promise<Hook> {
  const got: Hook["got"] = [];
  const take = async (request: IncomingMessage): Promise<{ status: number; body?: unknown }> => {
    const update = JSON.parse(await readText(request)) as Update;
    got.push({ update, secret: request.headers["x-telegram-bot-api-secret-token"]?.toString() });
    return answer(got.length);
  };
  const server = createServer((request, response) => {
    take(request).then(
      ({ status, body }) => response.writeHead(status).end(body === undefined ? "" : JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

test("delivers with the secret, and once when it is taken", async () => {
  const at = await startUnderTest();
  const hook = await listen(() => ({ status: 200 }));
  await at.call("setWebhook", { url: hook.url, secret_token: "s3cret_Token" });
  await at.types(ANNA, "one");
  await at.types(ANNA, "two");
  await until(async () => (await at.call<{ pending_update_count: number }>("getWebhookInfo")).result.pending_update_count === 0);
  expect(hook.got.map(({ update, secret }) => [update.message?.text, secret])).toEqual([
    ["one", "s3cret_Token"],
    ["two", "s3cret_Token"],
  ]);
});

test("tries a refused update again, before the next one of the same chat", async () => {
  const at = await startUnderTest();
  const hook = await listen((delivery) => ({ status: delivery <= 2 ? 500 : 200 }));
  await at.call("setWebhook", { url: hook.url });
  await at.types(ANNA, "one");
  await at.types(ANNA, "two");
  await until(() => hook.got.length === 4);
  expect(hook.got.map(({ update }) => update.message?.text)).toEqual(["one", "one", "one", "two"]);
  expect((await at.call("getWebhookInfo")).result).toMatchObject({
    last_error_message: "Wrong response from the webhook: 500 Internal Server Error",
  });
});

test("a chat whose update is refused holds back no other chat", async () => {
  const at = await startUnderTest();
  let isAnnaRefused = true;
  const hook: Hook = await listen(() => ({
    status: hook.got.at(-1)?.update.message?.chat.id === ANNA && isAnnaRefused ? 500 : 200,
  }));
  await at.call("setWebhook", { url: hook.url });
  await at.types(ANNA, "refused");
  await at.types(BEN, "taken");
  await until(() => hook.got.some(({ update }) => update.message?.chat.id === BEN));
  isAnnaRefused = false;
  await until(async () => (await at.call<{ pending_update_count: number }>("getWebhookInfo")).result.pending_update_count === 0);
});

test("runs the call that a webhook answers with", async () => {
  const at = await startUnderTest();
  const hook = await listen(() => ({ status: 200, body: { method: "sendMessage", chat_id: ANNA, text: "by reply" } }));
  await at.call("setWebhook", { url: hook.url });
  await at.types(ANNA, "hello");
  await until(async () => (await at.chat(ANNA)).messages.some((message) => message.text === "by reply"));
});

test("polling and a webhook exclude each other", async () => {
  const at = await startUnderTest();
  const hook = await listen(() => ({ status: 200 }));
  await at.call("setWebhook", { url: hook.url });
  expect(await at.call("getUpdates")).toMatchObject({ status: 409 });
  await at.call("deleteWebhook");
  await at.types(ANNA, "polled");
  expect(await at.call("getUpdates")).toMatchObject({ status: 200, result: [{ message: { text: "polled" } }] });
  expect(hook.got).toEqual([]);
});

test("a restart goes on delivering", async () => {
  const hook = await listen(() => ({ status: 200 }));
  const before = await startUnderTest();
  await before.call("setWebhook", { url: hook.url });
  await before.close();
  const after = await startUnderTest(before.folder);
  await after.types(ANNA, "after the restart");
  await until(() => hook.got.length === 1);
});
