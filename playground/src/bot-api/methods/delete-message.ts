import { badRequest } from "../../model/api-error.js";
import { nowSeconds, removeMessages } from "../../model/chat.js";
import type { ApiCall } from "../method.js";
import { chatParam, json, messageIdParam } from "../params.js";

const MAX_AGE_SECONDS = 48 * 3600;
const MAX_AT_ONCE = 100;

export function deleteMessage(call: ApiCall): true {
  const { chat } = chatParam(call.world, call.bot, call.params);
  const id = messageIdParam(call.params);
  const message = chat.messages.find((candidate) => candidate.message_id === id);
  if (message === undefined) throw badRequest("message to delete not found");
  if (nowSeconds() - message.date > MAX_AGE_SECONDS) throw badRequest("message can't be deleted for everyone");
  removeMessages(call.world, call.bot, chat, [id]);
  return true;
}

/** Messages that are gone already are skipped. */
export function deleteMessages(call: ApiCall): true {
  const { chat } = chatParam(call.world, call.bot, call.params);
  const ids = json(call.params, "message_ids", "message identifiers");
  if (!Array.isArray(ids) || ids.length === 0) throw badRequest("message identifiers are not specified");
  if (ids.length > MAX_AT_ONCE) throw badRequest("too many message identifiers specified");
  removeMessages(call.world, call.bot, chat, ids.map(Number));
  return true;
}
