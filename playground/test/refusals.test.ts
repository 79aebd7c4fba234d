import { expect, test } from "vitest";
import { ANNA, BEN, startUnderTest, TOKEN, type UnderTest } from "./under-test.js";

const button = (fields: object) => ({ reply_markup: { inline_keyboard: [[{ text: "b", ...fields }]] } });

/** Method, parameters, and what Telegram says. */
const REFUSALS: readonly [string, Record<string, unknown>, string][] = [
  ["sendMessage", { chat_id: ANNA }, "message text is empty"],
  ["sendMessage", { chat_id: ANNA, text: " \n " }, "message text is empty"],
  ["sendMessage", { chat_id: ANNA, text: "x".repeat(4097) }, "message is too long"],
  ["sendMessage", { chat_id: ANNA, text: "😀".repeat(2049) }, "message is too long"],
  ["sendMessage", { text: "x" }, "chat_id is empty"],
  ["sendMessage", { chat_id: BEN, text: "x" }, "chat not found"],
  ["sendMessage", { chat_id: "@nobody", text: "x" }, "chat not found"],
  ["sendMessage", { chat_id: ANNA, text: "x", reply_markup: null }, "object expected as reply markup"],
  ["sendMessage", { chat_id: ANNA, text: "x", reply_markup: "{" }, "can't parse reply keyboard markup JSON object"],
  ["sendMessage", { chat_id: ANNA, text: "x", reply_to_message_id: 999 }, "message to be replied not found"],
  ["sendMessage", { chat_id: ANNA, text: "x", ...button({ callback_data: "я".repeat(33) }) }, "BUTTON_DATA_INVALID"],
  [
    "sendMessage",
    { chat_id: ANNA, text: "x", ...button({ callback_data: "" }) },
    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
  ],
  [
    "sendMessage",
    { chat_id: ANNA, text: "x", ...button({ url: "ftp://example.com" }) },
    "inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol",
  ],
  [
    "sendMessage",
    { chat_id: ANNA, text: "hello", entities: [{ type: "bold", offset: -1, length: 1 }] },
    "receive an entity with incorrect offset -1",
  ],
  [
    "sendMessage",
    { chat_id: ANNA, text: "aba caba", entities: [{ type: "bold", offset: 3, length: 6 }] },
    "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 9",
  ],
  [
    "sendMessage",
    { chat_id: ANNA, text: "👉 👉", entities: [{ type: "bold", offset: 1, length: 1 }] },
    "entity begins in a middle of a UTF-16 symbol at byte offset 4",
  ],
  ["editMessageText", { chat_id: ANNA, text: "x" }, "message identifier is not specified"],
  ["editMessageText", { chat_id: ANNA, message_id: 999, text: "x" }, "message to edit not found"],
  ["editMessageText", { chat_id: ANNA, message_id: 1, text: "x" }, "message can't be edited"],
  ["editMessageCaption", { chat_id: ANNA, message_id: 2, caption: "x" }, "there is no caption in the message to edit"],
  [
    "editMessageText",
    { chat_id: ANNA, message_id: 2, text: " first " },
    "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  ],
  [
    "editMessageReplyMarkup",
    { chat_id: ANNA, message_id: 2 },
    "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  ],
  [
    "editMessageText",
    { chat_id: ANNA, message_id: 2, text: "x", reply_markup: { remove_keyboard: true } },
    "inline keyboard expected",
  ],
  ["deleteMessage", { chat_id: ANNA, message_id: 999 }, "message to delete not found"],
  ["answerCallbackQuery", { callback_query_id: "1" }, "query is too old and response timeout expired or query ID is invalid"],
  ["answerCallbackQuery", { callback_query_id: "1", text: "x".repeat(201) }, "MESSAGE_TOO_LONG"],
  ["sendAudio", { chat_id: ANNA }, "there is no audio in the request"],
  ["sendAudio", { chat_id: ANNA, audio: "no-such-id" }, "wrong file identifier/HTTP URL specified"],
  ["sendAudio", { chat_id: ANNA, audio: "x", caption: "x".repeat(1025) }, "message caption is too long"],
  ["sendChatAction", { chat_id: ANNA, action: "dancing" }, "wrong parameter action in request"],
  ["setMyCommands", { commands: [{ command: "Play", description: "x" }] }, "BOT_COMMAND_INVALID"],
  ["getFile", { file_id: "x" }, "wrong file_id or the file is temporarily unavailable"],
  ["setWebhook", { url: "ftp://example.com" }, "bad webhook: An HTTPS URL must be provided for webhook"],
];

/** Anna wrote message 1, the bot answered with message 2. */
async function withChat(): Promise<UnderTest> {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  await at.call("sendMessage", { chat_id: ANNA, text: "first" });
  return at;
}

test("refuses in Telegram's own words", async () => {
  const at = await withChat();
  for (const [method, params, description] of REFUSALS) {
    const answer = await at.call(method, params);
    expect(answer, `${method} ${JSON.stringify(params).slice(0, 100)}`).toEqual({
      status: 400,
      ok: false,
      error_code: 400,
      description: `Bad Request: ${description}`,
    });
  }
});

test("a refused call changes nothing", async () => {
  const at = await withChat();
  const before = await at.chat(ANNA);
  for (const [method, params] of REFUSALS) await at.call(method, params);
  expect(await at.chat(ANNA)).toEqual(before);
});

test("tells a malformed token from an unknown method", async () => {
  const at = await startUnderTest();
  expect(await at.call("getMe", {}, "nonsense")).toMatchObject({ status: 401, error_code: 401 });
  expect(await at.call("getMee")).toMatchObject({ status: 404, description: "Not Found: method not found" });
  expect(await at.call("GETME", {}, TOKEN)).toMatchObject({ status: 200, result: { id: 7, is_bot: true } });
});

test("a bot that was blocked cannot write until the user writes again", async () => {
  const at = await withChat();
  await at.ask("POST", `/playground/api/users/${ANNA}/block`, { blocked: true });
  const refused = await at.call("sendMessage", { chat_id: ANNA, text: "hi" });
  expect(refused).toMatchObject({ status: 403, description: "Forbidden: bot was blocked by the user" });
  await at.types(ANNA, "back");
  expect(await at.call("sendMessage", { chat_id: ANNA, text: "hi" })).toMatchObject({ status: 200 });
});

test("a press is answered once, then it is too old", async () => {
  const at = await withChat();
  await at.call("editMessageReplyMarkup", { chat_id: ANNA, message_id: 2, ...button({ callback_data: "go" }) });
  const { query_id } = await at.press(ANNA, 2, { data: "go" });
  expect(await at.call("answerCallbackQuery", { callback_query_id: query_id, text: "ok" })).toMatchObject({ result: true });
  expect(await at.call("answerCallbackQuery", { callback_query_id: query_id })).toMatchObject({ status: 400 });
});

test("deleteMessages skips what is gone", async () => {
  const at = await withChat();
  expect(await at.call("deleteMessages", { chat_id: ANNA, message_ids: [2, 77] })).toMatchObject({ result: true });
  expect((await at.chat(ANNA)).messages.map((message) => message.message_id)).toEqual([1]);
});

test("an edit without a keyboard takes the keyboard away", async () => {
  const at = await withChat();
  await at.call("editMessageReplyMarkup", { chat_id: ANNA, message_id: 2, ...button({ callback_data: "go" }) });
  const { result } = await at.call("editMessageText", { chat_id: ANNA, message_id: 2, text: "second" });
  expect(result).toMatchObject({ text: "second", edit_date: expect.any(Number) });
  expect(result).not.toHaveProperty("reply_markup");
});
