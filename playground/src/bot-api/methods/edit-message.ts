import { isDeepStrictEqual } from "node:util";
import { badRequest } from "../../model/api-error.js";
import { nowSeconds, replaceMessage } from "../../model/chat.js";
import type { SavedChat } from "../../model/saved-state.js";
import type { Message } from "../../shapes/bot-api.js";
import type { ApiCall } from "../method.js";
import { chatParam, formattedParam, messageIdParam, replyMarkupParam } from "../params.js";
import { inlineMarkup, messageText } from "./send-message.js";

const MAX_CAPTION = 1024;

export function editMessageText(call: ApiCall): Message {
  const { text, entities } = messageText(call);
  const { chat, message } = ownMessage(call);
  if (message.text === undefined) throw badRequest("there is no text in the message to edit");
  const { entities: _, ...rest } = message;
  return replace(call, chat, message, { ...rest, text, ...(entities.length > 0 && { entities }), ...newMarkup(call) });
}

export function editMessageCaption(call: ApiCall): Message {
  const caption = captionParam(call);
  const { chat, message } = ownMessage(call);
  if (message.audio === undefined && message.document === undefined) {
    throw badRequest("there is no caption in the message to edit");
  }
  const { caption: _, caption_entities: __, ...rest } = message;
  return replace(call, chat, message, { ...rest, ...caption, ...newMarkup(call) });
}

export function editMessageReplyMarkup(call: ApiCall): Message {
  const { chat, message } = ownMessage(call);
  return replace(call, chat, message, { ...message, ...newMarkup(call) });
}

/** The caption of a file, within Telegram's bounds; nothing when it is empty. */
export function captionParam(call: ApiCall): Partial<Pick<Message, "caption" | "caption_entities">> {
  const { text, entities } = formattedParam(call.params, "caption", "caption_entities");
  if (text.length > MAX_CAPTION) throw badRequest("message caption is too long");
  if (text === "") return {};
  return { caption: text, ...(entities.length > 0 && { caption_entities: entities }) };
}

function ownMessage(call: ApiCall): { chat: SavedChat; message: Message } {
  if (call.params.has("inline_message_id")) throw badRequest("MESSAGE_ID_INVALID");
  // Telegram looks at the message before the chat: without either, the identifier is what is missing.
  if (!call.params.has("chat_id")) throw badRequest("message identifier is not specified");
  const id = messageIdParam(call.params);
  const { chat } = chatParam(call.world, call.bot, call.params);
  const message = chat.messages.find((candidate) => candidate.message_id === id);
  if (message === undefined) throw badRequest("message to edit not found");
  if (!message.from.is_bot) throw badRequest("message can't be edited");
  return { chat, message };
}

/** An edit without a keyboard removes the one that is there. */
function newMarkup(call: ApiCall): Pick<Message, "reply_markup"> | { reply_markup: undefined } {
  const markup = replyMarkupParam(call.params);
  if (markup !== undefined && markup.kind !== "inline") throw badRequest("inline keyboard expected");
  return { reply_markup: undefined, ...inlineMarkup(markup) };
}

type Draft = Omit<Message, "reply_markup"> & { reply_markup?: Message["reply_markup"] | undefined };

function replace(call: ApiCall, chat: SavedChat, old: Message, { reply_markup: markup, ...rest }: Draft): Message {
  const wanted: Message = markup === undefined ? rest : { ...rest, reply_markup: markup };
  if (isDeepStrictEqual(wanted, old)) {
    throw badRequest(
      "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
  }
  const message = { ...wanted, edit_date: nowSeconds() };
  replaceMessage(call.world, call.bot, chat, message);
  return message;
}
