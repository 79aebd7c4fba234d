import { ApiError, badRequest } from "../model/api-error.js";
import type { BotAccount } from "../model/bot-account.js";
import { formatText, parseEntities, type FormattedText } from "../model/formatted-text.js";
import { parseReplyMarkup, type ReplyMarkup } from "../model/reply-markup.js";
import type { SavedChat } from "../model/saved-state.js";
import type { World } from "../model/world.js";
import type { Persona } from "../shapes/page-api.js";

export type Params = ReadonlyMap<string, string>;

/** A whole number within bounds; like Telegram, anything else counts as `fallback` and what is beyond is cut. */
export function integer(params: Params, name: string, fallback: number, min: number, max: number): number {
  const value = Number(params.get(name) ?? fallback);
  return Math.min(max, Math.max(min, Number.isInteger(value) ? value : fallback));
}

export function flag(params: Params, name: string): boolean {
  return ["true", "yes", "1"].includes(params.get(name)?.toLowerCase() ?? "");
}

/** The parsed JSON of a parameter; undefined when it is not there or empty. `what` names it in the error. */
export function json(params: Params, name: string, what: string): unknown {
  const text = params.get(name);
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest(`can't parse ${what} JSON object`); // Telegram does not say where either
  }
}

/** The conversation a `chat_id` names. A chat exists once its person wrote to the bot. */
export function chatParam(world: World, bot: BotAccount, params: Params): { chat: SavedChat; person: Persona } {
  const id = params.get("chat_id") ?? "";
  if (id === "") throw badRequest("chat_id is empty");
  const person = world.persona(Number(id));
  const chat = person && bot.chat(person.id);
  if (person === undefined || chat === undefined) throw badRequest("chat not found");
  return { chat, person };
}

/** The same, for a method that sends: 403 when the person blocked the bot. */
export function openChatParam(world: World, bot: BotAccount, params: Params): { chat: SavedChat; person: Persona } {
  const found = chatParam(world, bot, params);
  if (found.chat.blocked) throw new ApiError(403, "Forbidden: bot was blocked by the user");
  return found;
}

export function messageIdParam(params: Params): number {
  const id = integer(params, "message_id", 0, 0, Number.MAX_SAFE_INTEGER);
  if (id === 0) throw badRequest("message identifier is not specified");
  return id;
}

/** A text with its entities: `text` + `entities`, or `caption` + `caption_entities`. Empty text is the caller's to judge. */
export function formattedParam(params: Params, textName: string, entitiesName: string): FormattedText {
  const mode = params.get("parse_mode") ?? "";
  if (mode !== "" && mode.toLowerCase() !== "none") {
    // Refused aloud: rendering the marks as text would look like a bot's mistake.
    throw badRequest(`parse_mode ${mode} is not supported by the playground, use entities`);
  }
  const entities = json(params, entitiesName, "entities");
  return formatText(params.get(textName) ?? "", entities === undefined ? [] : parseEntities(entities));
}

export function replyMarkupParam(params: Params): ReplyMarkup | undefined {
  const text = params.get("reply_markup");
  if (text === undefined || text === "") return undefined;
  return parseReplyMarkup(json(params, "reply_markup", "reply keyboard markup"));
}
