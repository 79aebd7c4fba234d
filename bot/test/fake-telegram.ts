import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Call, Params } from "./call.js";

type Answer = { status: number; body: unknown };
export const ok = (result: unknown): Answer => ({ status: 200, body: { ok: true, result } });
export const refuse = (error_code: number, description: string, parameters?: object): Answer => ({
  status: error_code,
  body: { ok: false, error_code, description, parameters },
});

/** The little of the Bot API that the bot needs, recording calls. */
export class FakeTelegram {
  readonly calls: Call[] = [];
  /** Answers instead of the usual one, by method; taken one after another. "hang" never answers, a string is not JSON. */
  readonly faults = new Map<string, (Answer | string)[]>();
  /** Updates that are not confirmed. */
  waiting: { update_id: number }[] = [];
  url = "";
  #ids = 100;
  #wake = () => {};

  static async start(): Promise<FakeTelegram> {
    const telegram = new FakeTelegram();
    const server = createServer((request, response) => void telegram.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    telegram.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => server.close().closeAllConnections());
    return telegram;
  }

  push(...updates: { update_id: number }[]): void {
    this.waiting.push(...updates);
    this.#wake();
  }

  of(method: string): Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://fake");
    const method = url.pathname.split("/")[2] ?? "";
    const chunks: Uint8Array[] = await request.toArray();
    const body = new Response(Buffer.concat(chunks), { headers: { "content-type": request.headers["content-type"] ?? "" } });
    const multipart = request.headers["content-type"]?.startsWith("multipart");
    const sent = multipart ? Object.fromEntries(await body.formData()) : await body.json().catch(() => ({}));
    const params: Params = { ...Object.fromEntries(url.searchParams), ...(sent as object) };
    this.calls.push({ method, params, at: performance.now() });
    const answer =
      this.faults.get(method)?.shift() ??
      (method === "getUpdates" ? ok(await this.#updates(params)) : this.#result(method, params));
    if (answer === "hang") return;
    response
      .writeHead(typeof answer === "string" ? 502 : answer.status)
      .end(typeof answer === "string" ? answer : JSON.stringify(answer.body));
  }

  async #updates({ offset = 0, timeout = 0 }: Params): Promise<unknown> {
    this.waiting = this.waiting.filter(({ update_id }) => update_id >= offset);
    if (this.waiting.length === 0 && timeout > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.waiting.slice(0, 100);
  }

  #result(method: string, params: Params): Answer {
    if (method === "getMe") return ok({ id: 1, is_bot: true, first_name: "Refrain", username: "refrain_bot" });
    if (!method.startsWith("send")) return ok(true);
    const audio = method === "sendAudio" ? { file_id: `file-${this.#ids}`, duration: 1 } : undefined;
    return ok({
      message_id: this.#ids++,
      date: 1,
      chat: { id: Number(params["chat_id"]), type: "private" },
      text: params["text"],
      audio,
    });
  }
}
