import type { Bot, TelegramForceReply, TelegramInlineKeyboardMarkup, TelegramReplyKeyboardMarkup } from "gramio";
import type { Screen } from "../views/screen.js";

/** Telegram's methods, as gramio offers them. */
export type TelegramApi = Bot["api"];

/** Where a message is. */
export interface Place {
  readonly chatId: number;
  readonly messageId: number;
}

/** Sends a screen and says where it is. */
export async function sendScreen(api: Pick<TelegramApi, "sendMessage">, chatId: number, screen: Screen): Promise<Place> {
  const message = await api.sendMessage({ chat_id: chatId, ...content(screen), ...markup(screen) });
  return { chatId, messageId: message.message_id };
}

/** Turns a message into a screen. One that shows it already is fine. */
export async function editScreen(api: Pick<TelegramApi, "editMessageText">, place: Place, screen: Screen): Promise<void> {
  const reply_markup = { inline_keyboard: inlineRows(screen) };
  await api.editMessageText({ chat_id: place.chatId, message_id: place.messageId, ...content(screen), reply_markup });
}

function content({ text, entities }: Screen) {
  return { text, ...(entities ? { entities } : {}), link_preview_options: { is_disabled: true } };
}

type Markup = TelegramInlineKeyboardMarkup | TelegramReplyKeyboardMarkup | TelegramForceReply;

function markup(screen: Screen): { reply_markup?: Markup } {
  if (screen.keyboard) {
    return {
      reply_markup: {
        keyboard: screen.keyboard.map((row) => row.map((text) => ({ text }))),
        resize_keyboard: true,
        is_persistent: true,
      },
    };
  }
  if (screen.askFor) return { reply_markup: { force_reply: true, input_field_placeholder: screen.askFor, selective: true } };
  const inline_keyboard = inlineRows(screen);
  return inline_keyboard.length > 0 ? { reply_markup: { inline_keyboard } } : {};
}

function inlineRows({ rows = [] }: Screen): TelegramInlineKeyboardMarkup["inline_keyboard"] {
  return rows.filter((row) => row.length > 0).map((row) => row.map(({ text, data }) => ({ text, callback_data: data })));
}
