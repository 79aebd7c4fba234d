import { badRequest } from "../../model/api-error.js";
import { findCommands } from "../../model/commands.js";
import type { BotCommand } from "../../shapes/bot-api.js";
import type { ApiCall } from "../method.js";
import { chatParam, json } from "../params.js";

const MAX_COMMANDS = 100;

export function setMyCommands(call: ApiCall): true {
  const { scope, language } = place(call);
  const given = json(call.params, "commands", "commands");
  if (!Array.isArray(given)) throw badRequest("can't parse commands JSON object");
  if (given.length > MAX_COMMANDS) throw badRequest("BOT_COMMANDS_TOO_MUCH");
  const commands = given.map((item: unknown) => parseCommand(item));
  const others = call.bot.saved.commands.filter((entry) => entry.scope !== scope || entry.language !== language);
  call.bot.saved.commands = commands.length === 0 ? others : [...others, { scope, language, commands }];
  announce(call);
  return true;
}

export function getMyCommands(call: ApiCall): BotCommand[] {
  const { scope, language } = place(call);
  return findCommands(call.bot.saved.commands, scope, language)?.commands ?? [];
}

export function deleteMyCommands(call: ApiCall): true {
  const { scope, language } = place(call);
  call.bot.saved.commands = call.bot.saved.commands.filter((entry) => entry.scope !== scope || entry.language !== language);
  announce(call);
  return true;
}

function announce(call: ApiCall): void {
  call.world.changed();
  if (call.world.pageBot() === call.bot) call.world.feed.publish({ type: "bot" });
}

function place(call: ApiCall): { scope: string; language: string } {
  const language = call.params.get("language_code") ?? "";
  if (!/^([a-z]{2})?$/.test(language)) throw badRequest("invalid language code specified");
  const scope = json(call.params, "scope", "BotCommandScope") ?? { type: "default" };
  const type = typeof scope === "object" && scope !== null ? (scope as Record<string, unknown>)["type"] : undefined;
  if (type === "chat") return { scope: chatScope(call, scope as Record<string, unknown>), language };
  const known = ["default", "all_private_chats", "all_group_chats", "all_chat_administrators"];
  if (typeof type !== "string" || !known.includes(type))
    throw badRequest("can't parse BotCommandScope: Unsupported type specified");
  return { scope: type, language };
}

function chatScope(call: ApiCall, scope: Record<string, unknown>): string {
  const id = scope["chat_id"];
  const params = new Map([["chat_id", typeof id === "number" || typeof id === "string" ? String(id) : ""]]);
  const { person } = chatParam(call.world, call.bot, params);
  return `chat:${person.id}`;
}

function parseCommand(item: unknown): BotCommand {
  const fields = typeof item === "object" && item !== null ? (item as Record<string, unknown>) : {};
  const { command: name, description } = fields;
  if (typeof name !== "string") throw badRequest(`can't parse BotCommand: Can't find field "command"`);
  if (typeof description !== "string") throw badRequest(`can't parse BotCommand: Can't find field "description"`);
  const command = name.replace(/^\//, "");
  if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest("BOT_COMMAND_INVALID");
  if (description.trim() === "" || description.length > 256) throw badRequest("BOT_COMMAND_DESCRIPTION_INVALID");
  return { command, description };
}
