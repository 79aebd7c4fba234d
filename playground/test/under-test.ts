import { request } from "node:http";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";
import { readConfig } from "../src/config.js";
import { startPlayground, type Playground } from "../src/server.js";
import type { CallWithParams } from "../src/model/call-log.js";
import type { Message, Update } from "../src/shapes/bot-api.js";
import type { ChatView, Fault } from "../src/shapes/page-api.js";

export const TOKEN = "7:test-token";
export const ANNA = 1001;
export const BEN = 1002;

/** What the Bot API answered, with its HTTP status. */
export interface Answer<T = unknown> {
  status: number;
  ok: boolean;
  result: T;
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: number };
}

/** A playground of this test alone, and short ways to talk to it. */
export interface UnderTest {
  url: string;
  folder: string;
  close(): Promise<void>;
  /** One Bot API call with a JSON body. */
  call<T = unknown>(method: string, params?: Record<string, unknown>, token?: string): Promise<Answer<T>>;
  types(userId: number, text: string): Promise<Message>;
  press(userId: number, messageId: number, button: unknown): Promise<{ query_id: string }>;
  chat(userId: number): Promise<ChatView>;
  breaks(fault: Partial<Omit<Fault, "id" | "remaining">> & { times?: number }): Promise<Fault>;
  calls(): Promise<CallWithParams[]>;
  /** Any request to the page's API. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Starts one on a free port; it ends with the test. */
export async function startUnderTest(folder?: string): Promise<UnderTest> {
  const home = folder ?? (await temporaryFolder());
  const config = readConfig({ DATA_DIR: home, PLAYGROUND_PORT: "0", PLAYGROUND_BOT_TOKEN: TOKEN });
  const playground = await startPlayground({ ...config, logger: silentLogger(), webhookDelayMs: () => 0 });
  onTestFinished(() => playground.close());
  return talkTo(playground, home);
}

function talkTo(playground: Playground, folder: string): UnderTest {
  const { url } = playground;
  const ask: UnderTest["ask"] = (method, path, body, headers = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async (method: string, path: string, body?: unknown) => {
    const response = await ask(method, path, body);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as never;
  };
  return {
    url,
    folder,
    close: playground.close,
    ask,
    async call(method, params = {}, token = TOKEN) {
      const response = await ask("POST", `/bot${token}/${method}`, params);
      return { ...((await response.json()) as object), status: response.status } as never;
    },
    types: (userId, text) => json("POST", `/playground/api/users/${userId}/messages`, { text }),
    press: (userId, messageId, button) =>
      json("POST", `/playground/api/users/${userId}/press`, { message_id: messageId, button }),
    chat: (userId) => json("GET", `/playground/api/users/${userId}/chat`),
    breaks: (fault) => json("POST", "/playground/faults", fault),
    calls: () => json("GET", "/playground/api/calls"),
  };
}

/** Updates below `offset` confirmed, the rest at once. */
export async function updates(at: UnderTest, offset = 0): Promise<Update[]> {
  return (await at.call<Update[]>("getUpdates", { offset })).result;
}

/** A request with headers that fetch does not let one set. */
export function rawRequest(
  url: string,
  options: { method?: string; path: string; headers: Record<string, string> },
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}
