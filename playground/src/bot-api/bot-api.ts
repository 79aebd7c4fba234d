import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "@refrain/mesh";
import { ApiError } from "../model/api-error.js";
import type { BotAccount } from "../model/bot-account.js";
import { deliverToWebhook } from "../model/webhook.js";
import type { World } from "../model/world.js";
import { sendFile } from "../web/send-file.js";
import { answerCall } from "./answer-call.js";
import { fileByPath } from "./methods/get-file.js";
import { findMethod } from "./methods/index.js";
import { refusalReply, writeReply } from "./reply.js";

/** Tokens as the playground takes them: each well-formed one is a bot of its own. */
const TOKEN = /^[1-9]\d*:\S{1,200}$/;

/** Telegram's HTTP surface over the world. */
export interface BotApi {
  /** Answers `/bot<token>/<method>` and `/file/bot<token>/<path>`; false for any other path. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>;
}

export interface BotApiOptions {
  world: World;
  logger: Logger;
  /** Ends long polls, deliveries and delays. */
  stopping: AbortSignal;
  /** See `deliverToWebhook`. */
  webhookDelayMs?: (attempt: number) => number;
}

/** Also goes on delivering to the webhooks that a restart kept. */
export function createBotApi(options: BotApiOptions): BotApi {
  const { world, logger, stopping } = options;
  for (const bot of world.bots()) restartWebhook(options, bot);

  const call = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    token: string,
    name: string,
  ): Promise<void> => {
    const bot = botOf(world, token);
    const method = findMethod(name);
    if (method === undefined) throw new ApiError(404, "Not Found: method not found");
    const signal = AbortSignal.any([hangUp(response), stopping]);
    const restart = (): void => restartWebhook(options, bot);
    await answerCall({ world, logger, bot, method, signal, restartWebhook: restart }, request, response, url);
  };
  const download = async (request: IncomingMessage, response: ServerResponse, token: string, path: string): Promise<void> => {
    const file = fileByPath(world.files, botOf(world, token).saved.id, path);
    if (file === undefined) throw new ApiError(404, "Not Found");
    await sendFile(request, response, world.files.path(file), file.mimeType);
  };

  return {
    async handle(request, response, url) {
      const [, isFile, token = "", rest = ""] = /^(\/file)?\/bot([^/]+)\/(.+?)\/?$/.exec(url.pathname) ?? [];
      if (token === "") return false;
      try {
        if (isFile === undefined) await call(request, response, url, token, rest);
        else await download(request, response, token, rest);
      } catch (reason) {
        request.resume(); // an unread body would keep the connection from being used again
        writeReply(response, refusalReply(logger, reason));
      }
      return true;
    },
  };
}

function restartWebhook(options: BotApiOptions, bot: BotAccount): void {
  bot.stopWebhook?.();
  bot.stopWebhook = undefined;
  const hook = bot.saved.webhook;
  if (hook === undefined) return;
  const controller = new AbortController();
  bot.stopWebhook = () => controller.abort();
  const { world, stopping, webhookDelayMs: delayMs } = options;
  const signal = AbortSignal.any([controller.signal, stopping]);
  const onReply = async ({ method, ...fields }: Record<string, unknown>): Promise<void> => {
    const params = new Map(
      Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    );
    const restart = (): void => restartWebhook(options, bot);
    const note = (): void => undefined; // such a call has no line in the log
    await findMethod(String(method))?.run({ world, bot, params, uploads: new Map(), signal, note, restartWebhook: restart });
  };
  deliverToWebhook(bot.saved, hook, bot.updates, { onReply, changed: world.changed, ...(delayMs && { delayMs }) }, signal);
}

function botOf(world: World, encodedToken: string): BotAccount {
  const token = decode(encodedToken);
  if (!TOKEN.test(token)) throw new ApiError(401, "Unauthorized: invalid token specified");
  return world.botOf(token);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // A broken escape is a broken token.
  }
}

function hangUp(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  return controller.signal;
}
