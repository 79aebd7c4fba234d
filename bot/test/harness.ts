import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "@refrain/mesh";
import { silentLogger, temporaryFolder, until } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";
import type { Clock } from "../src/clock.js";
import { startBot } from "../src/start-bot.js";
import type { Call } from "./call.js";
import { FakeMusic, FakeStorage } from "./fake-services.js";
import { FakeTelegram } from "./fake-telegram.js";

export const TOKEN = "1:secret-token";
const FILES_KEY = "files-key-0123456789";

/** The listener of most tests: an English phone in a private chat. */
export const ANN = { id: 7, is_bot: false, first_name: "Ann", language_code: "en" };

/** The whole bot between a fake Telegram and fake services, and a listener to drive it. */
export interface World {
  readonly telegram: FakeTelegram;
  readonly music: FakeMusic;
  readonly storage: FakeStorage;
  readonly address: string;
  /** Sends a text, as a command when it starts with a slash. Returns the update's id. */
  readonly say: (text: string, chat?: object, extra?: object) => number;
  /** Taps a button under a message. */
  readonly tap: (data: string, message?: object) => number;
  /** Waits for a call whose parameters contain the text. */
  readonly seen: (method: string, text: string | RegExp) => Promise<Call>;
  /** Waits for a message with the text, new or edited: a card that never showed ends in a new one. */
  readonly said: (text: string) => Promise<Call>;
  readonly close: () => Promise<void>;
}

let lastUpdate = 1000;

export function messageUpdate(text: string, chat: object = { id: 7, type: "private" }, extra: object = {}) {
  const command = /^\/[a-z_]+(@\w+)?/.exec(text)?.[0];
  const entities = command ? [{ type: "bot_command", offset: 0, length: command.length }] : [];
  return {
    update_id: (lastUpdate += 1),
    message: { message_id: lastUpdate, date: 1, chat, from: ANN, text, entities, ...extra },
  };
}

export function tapUpdate(data: string, message: object | undefined) {
  return { update_id: (lastUpdate += 1), callback_query: { id: `${lastUpdate}`, from: ANN, chat_instance: "1", data, message } };
}

/** A message of the bot, under which somebody taps. */
export const botMessage = (message_id: number, text = "⬇ …") => ({ message_id, date: 1, chat: { id: 7, type: "private" }, text });

export async function world(options: { logger?: Logger; clock?: Clock; uploadSlots?: number } = {}): Promise<World> {
  const telegram = await FakeTelegram.start();
  const music = new FakeMusic();
  const storage = new FakeStorage();
  const bot = await startBot({
    config: {
      telegram: { token: TOKEN, apiUrl: telegram.url },
      music: { target: "", key: FILES_KEY, filesUrl: await serveFiles() },
      storage: { target: "", key: "" },
      capacity: { connections: 100, calls: 100 },
      host: "127.0.0.1",
      ports: { http: 0, ops: 0 },
      circuitResetMs: 5_000,
      uploadSlots: options.uploadSlots ?? 4,
      temporaryFolder: await temporaryFolder(),
      logLevel: "silent",
      traces: false,
    },
    services: {
      music: { client: music.client(), ready: async () => {}, circuits: () => [], close: () => {} },
      storage: { client: storage.client(), ready: async () => {}, circuits: () => [], close: () => {} },
    },
    logger: options.logger ?? silentLogger(),
    ...(options.clock ? { clock: options.clock } : {}),
  });
  onTestFinished(() => bot.close());
  return {
    telegram,
    music,
    storage,
    address: bot.addresses["http"] ?? "",
    say: (...args) => pushed(telegram, messageUpdate(...args)),
    tap: (data, message = botMessage(1)) => pushed(telegram, tapUpdate(data, message)),
    seen: (method, text) => seen(telegram, [method], text),
    said: (text) => seen(telegram, ["sendMessage", "editMessageText"], text),
    close: () => bot.close(),
  };
}

function pushed(telegram: FakeTelegram, update: { update_id: number }): number {
  telegram.push(update);
  return update.update_id;
}

async function seen(telegram: FakeTelegram, methods: readonly string[], text: string | RegExp): Promise<Call> {
  const pattern = typeof text === "string" ? { test: (params: string) => params.includes(text) } : text;
  let found: Call | undefined;
  await until(() => {
    found = telegram.calls.find(({ method, params }) => methods.includes(method) && pattern.test(JSON.stringify(params)));
    return found !== undefined;
  });
  if (!found) throw new Error("not reached: until() has waited for it");
  return found;
}

/** Music's file door: five bytes under any name, for the right key. */
async function serveFiles(): Promise<string> {
  const server = createServer(({ headers }, response) => {
    const allowed = headers.authorization === `Bearer ${FILES_KEY}`;
    response.writeHead(allowed ? 200 : 401).end(allowed ? "music" : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Texts and callback data of the buttons under a message, in reading order. */
export function buttons({ params }: Call): { text: string; callback_data: string }[] {
  return params.reply_markup?.inline_keyboard?.flat() ?? [];
}

/** A call's message as Telegram shows it under a tap. */
export function shown({ params }: Call, messageId = params.message_id ?? 0): ReturnType<typeof botMessage> {
  return botMessage(messageId, params.text);
}
