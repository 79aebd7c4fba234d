import type { BotCommand } from "../shapes/bot-api.js";
import type { Persona } from "../shapes/page-api.js";
import type { SavedCommands } from "./saved-state.js";

/** The commands a person is offered: the narrowest scope that has some, in their language before any language. */
export function effectiveCommands(all: readonly SavedCommands[], person: Pick<Persona, "id" | "language_code">): BotCommand[] {
  const language = person.language_code.slice(0, 2).toLowerCase();
  for (const scope of [`chat:${person.id}`, "all_private_chats", "default"]) {
    const found = findCommands(all, scope, language) ?? findCommands(all, scope, "");
    if (found !== undefined) return found.commands;
  }
  return [];
}

export function findCommands(all: readonly SavedCommands[], scope: string, language: string): SavedCommands | undefined {
  return all.find((entry) => entry.scope === scope && entry.language === language);
}
