import { until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import type { NumberedEvent, StateView } from "../shapes/page-api.js";
import { createLiveChat } from "./live-chat.js";

type Listener = (event: { data: string }) => void;

/** A browser with one server whose answers the test gives by hand. */
function browser() {
  const listeners = new Map<string, Listener>();
  const asked: { url: string; answer: (view: StateView) => void }[] = [];
  class Stream {
    addEventListener(type: string, listener: Listener): void {
      listeners.set(type, listener);
    }
    close(): void {
      listeners.clear();
    }
  }
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal(
    "fetch",
    (url: string) =>
      new Promise((resolve) => asked.push({ url, answer: (view) => resolve({ ok: true, json: () => Promise.resolve(view) }) })),
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  const emit = (type: string, event: object = {}): void => listeners.get(type)?.({ data: JSON.stringify(event) });
  return { asked, emit, isOpen: () => listeners.size > 0 };
}

function stateAt(seq: number, userId: number, texts: string[]): StateView {
  const user = { id: userId, is_bot: false as const, first_name: "A", username: "a", language_code: "ru" };
  const messages = texts.map((text, index) => messageOf(index + 1, text));
  const chat = { user, messages, keyboard: null, force_reply: null, blocked: false, commands: [], action: null };
  const bot = { id: 7, first_name: "B", username: "b", description: "" };
  return {
    seq,
    bot,
    users: [user],
    chat,
    faults: [],
    calls: [],
    services: [],
    downloads: { available: true, detail: "", downloads: [] },
  };
}

const messageOf = (message_id: number, text: string) => ({
  message_id,
  text,
  date: 0,
  from: { id: 7, is_bot: true, first_name: "B" },
  chat: { id: 1, type: "private" as const, first_name: "A" },
});
const arrived = (seq: number, text: string): NumberedEvent => ({
  type: "message",
  user_id: 1,
  seq,
  message: messageOf(seq, text),
});

function follow() {
  let view: StateView | null = null;
  const chat = createLiveChat({
    current: () => view,
    changed: (next) => (view = next),
    connected: () => undefined,
    answered: () => undefined,
    failed: (reason) => expect.unreachable(String(reason)),
  });
  return { chat, texts: () => view?.chat.messages.map(({ text }) => text) };
}

test("a message that comes while the state is read is not lost", async () => {
  const { asked, emit, isOpen } = browser();
  const { chat, texts } = follow();
  void chat.follow(1);
  asked[0]?.answer(stateAt(5, 1, ["one"]));
  await until(isOpen);
  emit("message", { type: "chat", user_id: 1, seq: 6 });
  emit("message", arrived(7, "two"));
  asked[1]?.answer(stateAt(6, 1, ["one"]));
  await until(() => texts()?.length === 2);
  expect(texts()).toEqual(["one", "two"]);
});

test("after a restart of the server its smaller numbers count", async () => {
  const { asked, emit, isOpen } = browser();
  const { chat, texts } = follow();
  void chat.follow(1);
  asked[0]?.answer(stateAt(500, 1, ["one"]));
  await until(isOpen);
  emit("reset");
  emit("message", arrived(2, "two"));
  asked[1]?.answer(stateAt(1, 1, ["one"]));
  await until(() => texts()?.length === 2);
});

test("the last person chosen wins, however late the others are answered", async () => {
  const { asked } = browser();
  const { chat, texts } = follow();
  const first = chat.follow(1);
  const second = chat.follow(2);
  asked[1]?.answer(stateAt(1, 2, ["second"]));
  await second;
  asked[0]?.answer(stateAt(1, 1, ["first"]));
  await first;
  expect(texts()).toEqual(["second"]);
});
