import type { InlineButton, Message } from "../shapes/bot-api.js";
import type { Persona } from "../shapes/page-api.js";
import type { BotAccount } from "./bot-account.js";
import { addMessage, nowSeconds, publish } from "./chat.js";
import { formatText } from "./formatted-text.js";
import { chatOf } from "./personas.js";
import type { World } from "./world.js";

/** What a person does cannot be done: no such message, no such button, nothing to send. */
export class ActionError extends Error {
  override name = "ActionError";
}

const MAX_TEXT = 4096;

/** Types a text into the chat. Writing to a blocked bot unblocks it, as Telegram's own clients do. */
export function typeText(world: World, bot: BotAccount, person: Persona, raw: string, replyTo?: number): Message {
  const { text, entities } = formatText(raw, []);
  if (text === "") throw new ActionError("text is empty");
  if (text.length > MAX_TEXT) throw new ActionError(`text is longer than ${MAX_TEXT} UTF-16 units`);
  const chat = bot.openChat(person.id);
  if (chat.blocked) setBlocked(world, bot, person, false);
  const answered = chat.messages.find((message) => message.message_id === (replyTo ?? chat.forceReply?.message_id));
  const message = addMessage(world, bot, person, false, {
    text,
    ...(entities.length > 0 && { entities }),
    ...(answered !== undefined && { reply_to_message: withoutReply(answered) }),
  });
  if (chat.forceReply !== null || chat.keyboard?.one_time_keyboard === true) {
    chat.forceReply = null;
    if (chat.keyboard?.one_time_keyboard === true) chat.keyboard = null;
    publish(world, bot, { type: "chat", user_id: person.id });
  }
  bot.updates.push("message", message);
  return message;
}

/** Which inline button: by place, by text, or by callback data. */
export type ButtonChoice = { row: number; column: number } | { text: string } | { data: string };

/** What a press led to: an update for the bot, or something only the client does. */
export type Pressed = { kind: "callback"; queryId: string } | { kind: "url"; url: string } | { kind: "copy"; text: string };

/** Presses an inline button. */
export function pressButton(world: World, bot: BotAccount, person: Persona, messageId: number, choice: ButtonChoice): Pressed {
  const message = bot.chat(person.id)?.messages.find((candidate) => candidate.message_id === messageId);
  if (message === undefined) throw new ActionError(`no message ${messageId} in this chat`);
  const button = findButton(message.reply_markup?.inline_keyboard ?? [], choice);
  if (button === undefined) throw new ActionError("the message has no such button");
  if (button.url !== undefined) return { kind: "url", url: button.url };
  if (button.callback_data === undefined) return { kind: "copy", text: button.copy_text?.text ?? button.text };
  const { id } = bot.openQuery(person.id);
  bot.updates.push("callback_query", {
    id,
    from: { ...person },
    message,
    chat_instance: bot.chatInstance,
    data: button.callback_data,
  });
  world.changed();
  return { kind: "callback", queryId: id };
}

function findButton(rows: readonly InlineButton[][], choice: ButtonChoice): InlineButton | undefined {
  if ("row" in choice) return rows[choice.row]?.[choice.column];
  const buttons = rows.flat();
  if ("data" in choice) return buttons.find((button) => button.callback_data === choice.data);
  return buttons.find((button) => button.text === choice.text) ?? buttons.find((button) => button.text.includes(choice.text));
}

/** Switches the language of the person's interface, which updates carry from then on. */
export function setLanguage(world: World, bot: BotAccount, person: Persona, language: string): void {
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)) throw new ActionError("language_code is a tag such as ru or pt-BR");
  person.language_code = language;
  world.changed();
  publish(world, bot, { type: "chat", user_id: person.id });
}

/** Blocks or unblocks the bot, which learns it as `my_chat_member`. */
export function setBlocked(world: World, bot: BotAccount, person: Persona, blocked: boolean): void {
  const chat = bot.openChat(person.id);
  if (chat.blocked === blocked) return;
  chat.blocked = blocked;
  const member = (isBlocked: boolean) =>
    isBlocked ? { user: bot.user, status: "kicked" as const, until_date: 0 } : { user: bot.user, status: "member" as const };
  bot.updates.push("my_chat_member", {
    chat: chatOf(person),
    from: { ...person },
    date: nowSeconds(),
    old_chat_member: member(!blocked),
    new_chat_member: member(blocked),
  });
  world.changed();
  publish(world, bot, { type: "chat", user_id: person.id });
}

/** Empties the person's side of the chat; numbers go on. */
export function clearChat(world: World, bot: BotAccount, person: Persona): void {
  const chat = bot.openChat(person.id);
  chat.messages = [];
  chat.keyboard = null;
  chat.forceReply = null;
  world.changed();
  publish(world, bot, { type: "chat", user_id: person.id });
}

/** A message as it is quoted: Telegram nests replies one deep. */
export function withoutReply({ reply_to_message: _, ...message }: Message): Message {
  return message;
}
