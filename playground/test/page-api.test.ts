import { until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import type { NumberedEvent, StateView } from "../src/shapes/page-api.js";
import { ANNA, BEN, rawRequest, startUnderTest, TOKEN, updates, type UnderTest } from "./under-test.js";

/** Collects the feed until the test ends. */
async function follow(at: UnderTest, query = ""): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(`${at.url}/playground/api/events${query}`, { signal: controller.signal });
  const read = async (): Promise<void> => {
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) events.push(JSON.parse(data) as NumberedEvent);
      }
    }
  };
  read().catch(() => undefined); // ends with the abort above
  return events;
}

test("the feed tells everything that happens in a chat, in order", async () => {
  const at = await startUnderTest();
  const events = await follow(at, `?user=${ANNA}`);
  await at.types(BEN, "not for Anna");
  await at.types(ANNA, "/start");
  const keyboard = { inline_keyboard: [[{ text: "b", callback_data: "d" }]] };
  await at.call("sendChatAction", { chat_id: ANNA, action: "typing" });
  await at.call("sendMessage", { chat_id: ANNA, text: "hi", reply_markup: keyboard });
  const { query_id } = await at.press(ANNA, 2, "b");
  await at.call("answerCallbackQuery", { callback_query_id: query_id, text: "done", show_alert: true });
  await at.call("editMessageText", { chat_id: ANNA, message_id: 2, text: "ho" });
  await at.call("deleteMessage", { chat_id: ANNA, message_id: 2 });
  await until(() => events.some((event) => event.type === "delete"));
  const own = events.filter((event) => "user_id" in event);
  expect(own.map((event) => event.type)).toEqual(["message", "action", "message", "answer", "edit", "delete"]);
  expect(own[3]).toMatchObject({ query_id, text: "done", show_alert: true });
  expect(events.map((event) => event.seq)).toEqual(events.map((event) => event.seq).toSorted((a, b) => a - b));
});

test("a reader that comes back gets what it missed", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "one");
  const { seq } = (await (await at.ask("GET", `/playground/api/state?user=${ANNA}`)).json()) as StateView;
  await at.types(ANNA, "two");
  const events = await follow(at, `?user=${ANNA}&after=${seq}`);
  await until(() => events.length > 0);
  expect(events[0]).toMatchObject({ type: "message", message: { text: "two" } });
});

test("commands come in the person's language, and the narrowest scope wins", async () => {
  const at = await startUnderTest();
  const command = (description: string) => [{ command: "play", description }];
  await at.call("setMyCommands", { commands: command("Play") });
  await at.call("setMyCommands", { commands: command("Играть"), language_code: "ru" });
  const shown = async (user: number) => (await at.chat(user)).commands.map(({ description }) => description);
  expect([await shown(ANNA), await shown(BEN)]).toEqual([["Играть"], ["Play"]]);
  await at.ask("POST", `/playground/api/users/${ANNA}/language`, { language_code: "en" });
  expect(await shown(ANNA)).toEqual(["Play"]);
  await at.types(ANNA, "hello");
  expect((await updates(at))[0]?.message?.from.language_code).toBe("en");
  await at.call("setMyCommands", { commands: command("Mine"), scope: { type: "chat", chat_id: ANNA } });
  expect(await shown(ANNA)).toEqual(["Mine"]);
});

test("a reply keyboard stays until it is removed, a one-time one until it is used", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  const send = (reply_markup: object) => at.call("sendMessage", { chat_id: ANNA, text: "x", reply_markup });
  await send({ keyboard: [["Find"]], resize_keyboard: true });
  await at.types(ANNA, "Find");
  expect((await at.chat(ANNA)).keyboard?.keyboard).toEqual([[{ text: "Find" }]]);
  await send({ remove_keyboard: true });
  expect((await at.chat(ANNA)).keyboard).toBeNull();
  await send({ keyboard: [[{ text: "Once" }]], one_time_keyboard: true });
  await at.types(ANNA, "Once");
  expect((await at.chat(ANNA)).keyboard).toBeNull();
});

test("a forced reply is quoted", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/artist");
  await at.call("sendMessage", { chat_id: ANNA, text: "Who?", reply_markup: { force_reply: true } });
  const answer = await at.types(ANNA, "ABBA");
  expect(answer.reply_to_message).toMatchObject({ message_id: 2, text: "Who?" });
  expect((await at.chat(ANNA)).force_reply).toBeNull();
});

test("other sites can neither read nor press", async () => {
  const at = await startUnderTest();
  const path = "/playground/api/users";
  const own = new URL(at.url).host;
  const status = (headers: Record<string, string>, where = path) => rawRequest(at.url, { path: where, headers });
  expect(await status({ host: own })).toBe(200);
  expect(await status({ host: "localhost:1" })).toBe(200);
  expect(await status({ host: "evil.example" })).toBe(403);
  expect(await status({ host: own, origin: "https://evil.example" })).toBe(403);
  expect(await status({ host: own, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await status({ host: own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "/")).toBe(200);
  expect(await status({ host: own, origin: at.url }, `/bot${TOKEN}/getMe`)).toBe(404);
  const form = await at.ask("POST", `${path}/${ANNA}/messages`, { text: "x" }, { "content-type": "text/plain" });
  expect(form.status).toBe(415);
});

test("what cannot be done is said in words", async () => {
  const at = await startUnderTest();
  const post = async (path: string, body: object) => {
    const response = await at.ask("POST", `/playground/api/users/${path}`, body);
    return [response.status, ((await response.json()) as { error: string }).error];
  };
  expect(await post("5/messages", { text: "x" })).toEqual([404, "no such user"]);
  expect(await post(`${ANNA}/messages`, { text: "  " })).toEqual([400, "text is empty"]);
  expect(await post(`${ANNA}/messages`, {})).toEqual([400, "text is missing"]);
  expect(await post(`${ANNA}/press`, { message_id: 9, button: "x" })).toEqual([400, "no message 9 in this chat"]);
  expect(await post(`${ANNA}/messages`, { text: "x".repeat(70_000) })).toEqual([413, "Request Entity Too Large"]);
});

test("the page comes with a policy that allows nothing from elsewhere", async () => {
  const at = await startUnderTest();
  const response = await at.ask("GET", "/");
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[^']+';/);
  expect(await response.text()).toContain('<script type="importmap">');
  for (const name of ["preact", "preact-hooks", "htm"])
    expect((await at.ask("GET", `/vendor/${name}.js`)).status, name).toBe(200);
  expect((await at.ask("GET", "/page/..%2Fpackage.json")).status).toBe(404);
});

test("a key of music never reaches the page", async () => {
  const at = await startUnderTest();
  const state = await (await at.ask("GET", "/playground/api/state")).text();
  expect(state).not.toContain(TOKEN);
  expect(state).toContain('"downloads"');
});
