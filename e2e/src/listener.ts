import { until } from "@refrain/mesh/testing";

/** A message as the playground shows it; only what tests look at. */
export interface Message {
  message_id: number;
  text?: string;
  audio?: { title?: string; performer?: string; duration?: number; file_id: string };
  from?: { is_bot: boolean };
  reply_markup?: { inline_keyboard?: { text: string }[][] };
}

/** Somebody who chats with the bot in the playground, without a browser. */
export class Listener {
  readonly #api: string;

  /** @param id one of the playground's people: 1001 Anna (ru), 1002 Ben (en), 1003 Chloé (fr), 1004 Дима (ru) */
  constructor(page: string, id: number) {
    this.#api = `${page}/playground/api/users/${id}`;
  }

  async say(text: string): Promise<void> {
    await this.#post("messages", { text });
  }

  async messages(): Promise<Message[]> {
    const response = await fetch(`${this.#api}/chat`, { signal: AbortSignal.timeout(5_000) });
    return ((await response.json()) as { messages: Message[] }).messages;
  }

  /** Waits for a message of the bot that fits, and returns the newest such one. */
  async sees(fits: RegExp | ((message: Message) => boolean), timeoutMs = 30_000): Promise<Message> {
    let found: Message | undefined;
    let all: Message[] = [];
    const matches = fits instanceof RegExp ? ({ text = "" }: Message) => fits.test(text) : fits;
    const seen = until(async () => {
      all = (await this.messages()).filter(({ from }) => from?.is_bot);
      found = all.findLast(matches);
      return found !== undefined;
    }, timeoutMs);
    await seen.catch(() => {}); // told below, with what was there
    if (!found)
      throw new Error(`not seen: ${fits.toString()}\n${all.map(({ text, audio }) => text ?? audio?.title).join("\n---\n")}`);
    return found;
  }

  /** Waits for a button that contains the text, and presses it. */
  async presses(button: string, timeoutMs?: number): Promise<Message> {
    const has = ({ reply_markup }: Message) =>
      reply_markup?.inline_keyboard?.flat().some(({ text }) => text.includes(button)) ?? false;
    const message = await this.sees(has, timeoutMs);
    await this.#post("press", { message_id: message.message_id, button });
    return message;
  }

  /** Waits for an audio with this title. */
  hears(title: string, timeoutMs?: number): Promise<Message> {
    return this.sees(({ audio }) => audio?.title === title, timeoutMs);
  }

  async #post(path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#api}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}
