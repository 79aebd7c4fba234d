import { badRequest, tooManyRequests } from "../../model/api-error.js";
import { addMessage, applyKeyboard, type Content } from "../../model/chat.js";
import type { ReplyMarkup } from "../../model/reply-markup.js";
import type { SavedChat } from "../../model/saved-state.js";
import { withoutReply } from "../../model/user-actions.js";
import type { InlineKeyboard, Message } from "../../shapes/bot-api.js";
import type { Persona } from "../../shapes/page-api.js";
import type { ApiCall } from "../method.js";
import { formattedParam, integer, json, openChatParam, replyMarkupParam } from "../params.js";

const MAX_TEXT = 4096;

export function sendMessage(call: ApiCall): Message {
  const { text, entities } = messageText(call);
  const target = openChatParam(call.world, call.bot, call.params);
  return send(call, target, { text, ...(entities.length > 0 && { entities }) });
}

/** The text of sendMessage and editMessageText, within Telegram's bounds. */
export function messageText(call: ApiCall): ReturnType<typeof formattedParam> {
  const formatted = formattedParam(call.params, "text", "entities");
  if (formatted.text === "") throw badRequest("message text is empty");
  if (formatted.text.length > MAX_TEXT) throw badRequest("message is too long");
  return formatted;
}

/** Sends any content: reply, markup and flood limit are the same for all. */
export function send(call: ApiCall, { chat, person }: { chat: SavedChat; person: Persona }, content: Content): Message {
  const markup = replyMarkupParam(call.params);
  const answered = repliedMessage(call, chat);
  if (call.world.faults.take("flood", "*") !== undefined) {
    const waitSeconds = call.bot.flood.admit(person.id);
    if (waitSeconds > 0) throw tooManyRequests(waitSeconds);
  }
  const message = addMessage(call.world, call.bot, person, true, {
    ...content,
    ...inlineMarkup(markup),
    ...(answered !== undefined && { reply_to_message: withoutReply(answered) }),
  });
  applyKeyboard(call.world, call.bot, chat, message, markup);
  return message;
}

/** The part of a message that an inline keyboard makes; an empty keyboard makes none. */
export function inlineMarkup(markup: ReplyMarkup | undefined): { reply_markup?: InlineKeyboard } {
  return markup?.kind === "inline" && markup.keyboard.inline_keyboard.length > 0 ? { reply_markup: markup.keyboard } : {};
}

function repliedMessage(call: ApiCall, chat: SavedChat): Message | undefined {
  const given = json(call.params, "reply_parameters", "reply parameters");
  const fields = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  const id = Number(fields["message_id"] ?? integer(call.params, "reply_to_message_id", 0, 0, Number.MAX_SAFE_INTEGER));
  if (id === 0) return undefined;
  const message = chat.messages.find((candidate) => candidate.message_id === id);
  const mayMiss = fields["allow_sending_without_reply"] === true || call.params.get("allow_sending_without_reply") === "true";
  if (message === undefined && !mayMiss) throw badRequest("message to be replied not found");
  return message;
}
