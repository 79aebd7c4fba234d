import { badRequest, conflict } from "../../model/api-error.js";
import type { BotAccount } from "../../model/bot-account.js";
import type { Update, UpdateType } from "../../shapes/bot-api.js";
import type { ApiCall } from "../method.js";
import { flag, integer, json, type Params } from "../params.js";

const TYPES: readonly UpdateType[] = ["message", "callback_query", "my_chat_member"];
const MAX_TIMEOUT_SECONDS = 50;

export async function getUpdates(call: ApiCall): Promise<Update[]> {
  const { bot, params, signal } = call;
  if (bot.saved.webhook !== undefined) {
    throw conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  }
  rememberAllowed(bot, params);
  return bot.updates.poll(
    {
      offset: integer(params, "offset", 0, -1_000_000, Number.MAX_SAFE_INTEGER),
      limit: integer(params, "limit", 100, 1, 100),
      timeoutMs: integer(params, "timeout", 0, 0, MAX_TIMEOUT_SECONDS) * 1000,
    },
    signal,
  );
}

export function setWebhook(call: ApiCall): true {
  const { bot, params } = call;
  const url = params.get("url")?.trim() ?? "";
  if (url === "") return deleteWebhook(call);
  // Telegram insists on https; like a self-hosted Bot API server we take http too, for a bot on this machine.
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
  }
  const secretToken = params.get("secret_token") ?? "";
  if (!/^[\w-]{0,256}$/.test(secretToken)) throw badRequest("secret token contains unallowed characters");
  rememberAllowed(bot, params);
  if (flag(params, "drop_pending_updates")) bot.updates.drop();
  bot.saved.webhook = {
    url,
    ...(secretToken !== "" && { secretToken }),
    maxConnections: integer(params, "max_connections", 40, 1, 100),
  };
  bot.updates.terminate("terminated by setWebhook request");
  call.restartWebhook();
  call.world.changed();
  return true;
}

export function deleteWebhook({ world, bot, params, restartWebhook }: ApiCall): true {
  delete bot.saved.webhook;
  restartWebhook();
  if (flag(params, "drop_pending_updates")) bot.updates.drop();
  world.changed();
  return true;
}

export function getWebhookInfo({ bot }: ApiCall): Record<string, unknown> {
  const { webhook: hook, pending, allowedUpdates } = bot.saved;
  return {
    url: hook?.url ?? "",
    has_custom_certificate: false,
    pending_update_count: pending.length,
    ...(hook && { max_connections: hook.maxConnections }),
    ...(hook?.lastErrorDate && { last_error_date: hook.lastErrorDate, last_error_message: hook.lastErrorMessage }),
    ...(allowedUpdates && { allowed_updates: allowedUpdates }),
  };
}

/** Telegram keeps the last list it was given; an empty one means the default, all that we have. */
function rememberAllowed(bot: BotAccount, params: Params): void {
  const list = json(params, "allowed_updates", "allowed updates");
  if (list === undefined) return;
  if (!Array.isArray(list)) throw badRequest("can't parse allowed updates JSON object");
  if (list.length === 0) delete bot.saved.allowedUpdates;
  else bot.saved.allowedUpdates = TYPES.filter((type) => list.includes(type));
}
