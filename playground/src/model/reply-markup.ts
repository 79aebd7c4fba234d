import { badRequest } from "./api-error.js";
import type { ForceReply, InlineButton, InlineKeyboard, ReplyKeyboard } from "../shapes/bot-api.js";

/** What a `reply_markup` asks for. */
export type ReplyMarkup =
  | { kind: "inline"; keyboard: InlineKeyboard }
  | { kind: "reply"; keyboard: ReplyKeyboard }
  | { kind: "remove" }
  | { kind: "force"; force: ForceReply };

const MAX_BUTTONS = 100;
const MAX_DATA_BYTES = 64;

/** Checks a parsed `reply_markup`. undefined: an object that asks for nothing. Throws an ApiError 400 in Telegram's words. */
export function parseReplyMarkup(json: unknown): ReplyMarkup | undefined {
  const fields = record(json);
  if (fields === undefined) throw badRequest("object expected as reply markup");
  if (fields["inline_keyboard"] !== undefined) return inline(fields["inline_keyboard"]);
  if (fields["keyboard"] !== undefined) return reply(fields);
  if (fields["remove_keyboard"] === true) return { kind: "remove" };
  if (fields["force_reply"] === true) return { kind: "force", force: { force_reply: true, ...placeholder(fields) } };
  return undefined;
}

function inline(value: unknown): ReplyMarkup {
  const rows = arrayOfArrays(value);
  if (rows === undefined) throw badRequest(`field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`);
  const keyboard = rows.map((row) => row.map(inlineButton)).filter((row) => row.length > 0);
  if (keyboard.flat().length > MAX_BUTTONS) throw badRequest("REPLY_MARKUP_TOO_LONG");
  return { kind: "inline", keyboard: { inline_keyboard: keyboard } };
}

function inlineButton(value: unknown): InlineButton {
  const fail = (text: string) => badRequest(`can't parse inline keyboard button: ${text}`);
  const fields = record(value);
  if (fields === undefined) throw fail("InlineKeyboardButton must be an Object");
  const text = fields["text"];
  if (text === undefined) throw fail(`Can't find field "text"`);
  if (typeof text !== "string") throw fail(`Field "text" must be of type String`);
  if (text.trim() === "") throw badRequest("inline keyboard button text must be non-empty");
  const { url, callback_data: data, copy_text: copy } = fields;
  if (typeof url === "string" && url !== "") return { text, url: buttonUrl(url) };
  if (typeof data === "string" && data !== "") return { text, callback_data: buttonData(data) };
  if (record(copy) !== undefined) return { text, copy_text: copyText(record(copy)) };
  const other = switchInline(fields);
  if (other === undefined) throw fail("Text buttons are unallowed in the inline keyboard");
  return { text, ...other };
}

function switchInline(fields: Record<string, unknown>): Partial<InlineButton> | undefined {
  const { switch_inline_query: elsewhere, switch_inline_query_current_chat: here } = fields;
  if (typeof elsewhere === "string") return { switch_inline_query: elsewhere };
  if (typeof here === "string") return { switch_inline_query_current_chat: here };
  return undefined;
}

function buttonData(data: string): string {
  if (Buffer.byteLength(data) > MAX_DATA_BYTES) throw badRequest("BUTTON_DATA_INVALID");
  return data;
}

function buttonUrl(url: string): string {
  const wrong = (why: string) => badRequest(`inline keyboard button URL '${url}' is invalid: ${why}`);
  const protocol = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (protocol !== undefined && !["http", "https", "tg", "ton"].includes(protocol)) throw wrong("Unsupported URL protocol");
  if (protocol === undefined && !/^[\w-]+(\.[\w-]+)+/.test(url)) throw wrong("Wrong HTTP URL");
  return url;
}

function copyText(fields: Record<string, unknown> | undefined): { text: string } {
  const text = fields?.["text"];
  if (typeof text !== "string" || text === "" || text.length > 256) throw badRequest("BUTTON_COPY_TEXT_INVALID");
  return { text };
}

function reply(fields: Record<string, unknown>): ReplyMarkup {
  const rows = arrayOfArrays(fields["keyboard"]);
  if (rows === undefined) throw badRequest(`field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays`);
  const keyboard = rows.map((row) => row.map(replyButton)).filter((row) => row.length > 0);
  if (keyboard.flat().length > 3 * MAX_BUTTONS) throw badRequest("REPLY_MARKUP_TOO_LONG");
  return {
    kind: "reply",
    keyboard: {
      keyboard,
      resize_keyboard: fields["resize_keyboard"] === true,
      one_time_keyboard: fields["one_time_keyboard"] === true,
      ...placeholder(fields),
    },
  };
}

function replyButton(value: unknown): { text: string } {
  const text = typeof value === "string" ? value : record(value)?.["text"];
  if (text === undefined) throw badRequest(`can't parse keyboard button: Can't find field "text"`);
  if (typeof text !== "string") throw badRequest(`can't parse keyboard button: Field "text" must be of type String`);
  if (text.trim() === "") throw badRequest("keyboard button text must be non-empty");
  return { text };
}

function placeholder(fields: Record<string, unknown>): { input_field_placeholder?: string } {
  const text = fields["input_field_placeholder"];
  return typeof text === "string" && text !== "" ? { input_field_placeholder: text.slice(0, 64) } : {};
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function arrayOfArrays(value: unknown): unknown[][] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((row: unknown): row is unknown[] => Array.isArray(row)) ? value : undefined;
}
