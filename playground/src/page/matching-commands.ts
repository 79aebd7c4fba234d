import type { BotCommand } from "../shapes/bot-api.js";

/** Commands to offer: all when the menu was opened, those that fit what was typed after `/` (the exact one first), else none. */
export function matchingCommands(commands: readonly BotCommand[], text: string, isOpen: boolean): readonly BotCommand[] {
  const typed = /^\/([a-z0-9_]*)$/i.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return isOpen && text === "" ? commands : [];
  const exact = commands.filter(({ command }) => command === typed);
  return [...exact, ...commands.filter(({ command }) => command !== typed && command.startsWith(typed))];
}
