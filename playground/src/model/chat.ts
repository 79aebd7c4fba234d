import type { Message } from "../shapes/bot-api.js";
import type { ChatView, Persona } from "../shapes/page-api.js";
import type { BotAccount } from "./bot-account.js";
import { effectiveCommands } from "./commands.js";
import { chatOf } from "./personas.js";
import type { ReplyMarkup } from "./reply-markup.js";
import type { SavedChat } from "./saved-state.js";
import type { World } from "./world.js";

/** Older messages leave the chat. */
const MAX_MESSAGES = 200;

/** What a new message brings beside its number, place and time. */
export type Content = Omit<Message, "message_id" | "from" | "chat" | "date">;

/** Appends a message of the bot or of the person, and tells the feed. */
export function addMessage(world: World, bot: BotAccount, person: Persona, fromBot: boolean, content: Content): Message {
  const chat = bot.openChat(person.id);
  const message: Message = {
    message_id: chat.nextMessageId++,
    from: fromBot ? bot.user : { ...person },
    chat: chatOf(person),
    date: nowSeconds(),
    ...content,
  };
  chat.messages.push(message);
  if (chat.messages.length > MAX_MESSAGES) chat.messages.shift();
  world.changed();
  publish(world, bot, { type: "message", user_id: person.id, message });
  return message;
}

/** Puts a changed message in the place of the old one. */
export function replaceMessage(world: World, bot: BotAccount, chat: SavedChat, message: Message): void {
  chat.messages = chat.messages.map((old) => (old.message_id === message.message_id ? message : old));
  world.changed();
  publish(world, bot, { type: "edit", user_id: chat.userId, message });
}

export function removeMessages(world: World, bot: BotAccount, chat: SavedChat, ids: readonly number[]): void {
  const gone = chat.messages.filter((message) => ids.includes(message.message_id)).map((message) => message.message_id);
  if (gone.length === 0) return;
  chat.messages = chat.messages.filter((message) => !gone.includes(message.message_id));
  if (chat.forceReply !== null && gone.includes(chat.forceReply.message_id)) chat.forceReply = null;
  world.changed();
  publish(world, bot, { type: "delete", user_id: chat.userId, message_ids: gone });
}

/** Shows, replaces or hides what is below the composer. */
export function applyKeyboard(
  world: World,
  bot: BotAccount,
  chat: SavedChat,
  message: Message,
  markup: ReplyMarkup | undefined,
): void {
  if (markup === undefined || markup.kind === "inline") return;
  chat.keyboard = markup.kind === "reply" ? markup.keyboard : markup.kind === "remove" ? null : chat.keyboard;
  chat.forceReply = markup.kind === "force" ? { ...markup.force, message_id: message.message_id } : null;
  world.changed();
  publish(world, bot, { type: "chat", user_id: chat.userId });
}

/** The conversation with the page's bot as this person sees it. `action` is filled by the reader. */
export function viewChat(bot: BotAccount, person: Persona): ChatView {
  const chat = bot.chat(person.id);
  return {
    user: person,
    messages: chat?.messages ?? [],
    keyboard: chat?.keyboard ?? null,
    force_reply: chat?.forceReply ?? null,
    blocked: chat?.blocked ?? false,
    commands: effectiveCommands(bot.saved.commands, person),
    action: null,
  };
}

/** Tells the feed, unless the page shows another bot's chats. */
export function publish(world: World, bot: BotAccount, event: Parameters<World["feed"]["publish"]>[0]): void {
  if (world.pageBot() === bot) world.feed.publish(event);
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
