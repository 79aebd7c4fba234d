import { badRequest } from "../../model/api-error.js";
import { publish } from "../../model/chat.js";
import type { ApiCall } from "../method.js";
import { flag } from "../params.js";

const MAX_TEXT = 200;

export function answerCallbackQuery(call: ApiCall): true {
  const text = call.params.get("text") ?? "";
  const url = call.params.get("url") ?? "";
  if (text.length > MAX_TEXT) throw badRequest("MESSAGE_TOO_LONG");
  if (url !== "" && !/^(https:\/\/t\.me\/|tg:\/\/)/.test(url)) throw badRequest("URL_INVALID");
  const query = call.bot.closeQuery(call.params.get("callback_query_id") ?? "");
  if (query === undefined) {
    throw badRequest("query is too old and response timeout expired or query ID is invalid");
  }
  const show_alert = flag(call.params, "show_alert");
  publish(call.world, call.bot, { type: "answer", user_id: query.userId, query_id: query.id, text, show_alert, url });
  return true;
}
