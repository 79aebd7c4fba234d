import { expect, test } from "vitest";
import type { Message } from "../shapes/bot-api.js";
import type { PlaygroundEvent, StateView } from "../shapes/page-api.js";
import { applyEvent } from "./chat-state.js";

const anna = { id: 1, is_bot: false as const, first_name: "Anna", username: "anna", language_code: "ru" };
const bot = { id: 7, is_bot: true, first_name: "Refrain", username: "bot" };
const message = (message_id: number, text: string, from: Message["from"] = bot): Message => ({
  message_id,
  from,
  chat: { id: 1, type: "private", first_name: "Anna" },
  date: 0,
  text,
});
const start: StateView = {
  seq: 10,
  bot: { ...bot, description: "" },
  users: [anna],
  chat: {
    user: anna,
    messages: [message(1, "one")],
    keyboard: null,
    force_reply: null,
    blocked: false,
    commands: [],
    action: "typing",
  },
  faults: [],
  calls: [],
  services: [],
  downloads: { available: true, detail: "", downloads: [] },
};
const after = (event: PlaygroundEvent, seq = 11) => applyEvent(start, { ...event, seq });

test("a bot's message is appended and ends its action, a person's leaves it", () => {
  const view = after({ type: "message", user_id: 1, message: message(2, "two") });
  expect(view?.chat.messages.map(({ text }) => text)).toEqual(["one", "two"]);
  expect(view?.chat.action).toBeNull();
  expect(after({ type: "message", user_id: 1, message: message(2, "two", anna) })?.chat.action).toBe("typing");
});

test("an edit keeps the place, a delete makes it free", () => {
  expect(after({ type: "edit", user_id: 1, message: message(1, "new") })?.chat.messages[0]?.text).toBe("new");
  expect(after({ type: "delete", user_id: 1, message_ids: [1] })?.chat.messages).toEqual([]);
});

test("other people's chats and events that are already in change nothing", () => {
  const foreign = after({ type: "message", user_id: 2, message: message(9, "not mine") });
  expect(foreign?.chat).toEqual(start.chat);
  expect(after({ type: "delete", user_id: 1, message_ids: [1] }, 10)).toBe(start);
});

test("what an event cannot tell is read anew", () => {
  expect(after({ type: "chat", user_id: 1 })).toBeUndefined();
  expect(after({ type: "bot" })).toBeUndefined();
});
