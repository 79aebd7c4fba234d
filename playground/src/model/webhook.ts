import type { Update } from "../shapes/bot-api.js";
import type { SavedBot, SavedWebhook } from "./saved-state.js";
import type { UpdateQueue } from "./update-queue.js";

/** What Telegram grants one delivery. */
const ANSWER_TIMEOUT_MS = 60_000;
const MAX_REPLY_BYTES = 65_536;

export interface WebhookOptions {
  /** Pause before attempt 2, 3, …; default 1, 2, 4 … 60 s. */
  delayMs?: (attempt: number) => number;
  /** Runs the Bot API call that a webhook answered with. */
  onReply: (reply: Record<string, unknown>) => Promise<unknown>;
  changed: () => void;
}

/** Delivers a bot's updates to its webhook until `signal` aborts: in order per chat, chats side by side. */
export function deliverToWebhook(
  bot: SavedBot,
  hook: SavedWebhook,
  queue: UpdateQueue,
  options: WebhookOptions,
  signal: AbortSignal,
): void {
  const busyChats = new Set<number>();
  const inFlight = new Set<number>();
  const pump = (): void => {
    for (const update of bot.pending) {
      if (signal.aborted || inFlight.size >= hook.maxConnections) return;
      const chatId = chatOf(update);
      if (inFlight.has(update.update_id) || busyChats.has(chatId)) continue;
      inFlight.add(update.update_id);
      busyChats.add(chatId);
      void deliver(update).finally(() => {
        inFlight.delete(update.update_id);
        busyChats.delete(chatId);
        pump();
      });
    }
  };
  const deliver = async (update: Update): Promise<void> => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const problem = await post(hook, update, options, signal).catch((reason: unknown) => describe(reason));
      if (signal.aborted) return;
      if (problem === undefined) return queue.confirm(update.update_id);
      hook.lastErrorDate = Math.floor(Date.now() / 1000);
      hook.lastErrorMessage = problem;
      options.changed();
      await pause((options.delayMs ?? backoff)(attempt), signal);
    }
  };
  const stop = queue.onPush(pump);
  signal.addEventListener("abort", stop, { once: true });
  pump();
}

/** undefined: the update was taken. Otherwise why not, in Telegram's words. */
async function post(
  hook: SavedWebhook,
  update: Update,
  options: WebhookOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await fetch(hook.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(hook.secretToken === undefined ? {} : { "x-telegram-bot-api-secret-token": hook.secretToken }),
    },
    body: JSON.stringify(update),
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
  });
  if (!response.ok) {
    await response.body?.cancel();
    return `Wrong response from the webhook: ${response.status} ${response.statusText}`;
  }
  const reply = await readReply(response);
  if (reply !== undefined) await options.onReply(reply).catch(() => undefined); // the update was taken, whatever the call comes to
  return undefined;
}

async function readReply(response: Response): Promise<Record<string, unknown> | undefined> {
  const body = await response.text();
  if (body.length > MAX_REPLY_BYTES || !body.trimStart().startsWith("{")) return undefined;
  try {
    const reply = JSON.parse(body) as Record<string, unknown>;
    return typeof reply["method"] === "string" ? reply : undefined;
  } catch {
    return undefined; // Any 2xx takes the update, whatever its body.
  }
}

function chatOf(update: Update): number {
  return update.message?.chat.id ?? update.callback_query?.from.id ?? update.my_chat_member?.chat.id ?? 0;
}

function describe(reason: unknown): string {
  if (reason instanceof Error && reason.name === "TimeoutError") return "Read timeout expired";
  return "Connection refused";
}

function backoff(attempt: number): number {
  return Math.min(60_000, 1000 * 2 ** (attempt - 1));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
