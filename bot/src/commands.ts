import { LANGUAGES, wordsIn, type TextKey } from "./i18n/words.js";
import type { TelegramApi } from "./telegram/messages.js";

/** The command menu, in its order. */
const COMMANDS = ["play", "artist", "my", "cancel", "lang", "help", "start"] as const satisfies readonly CommandName[];
type CommandName = TextKey extends infer Key ? (Key extends `command.${infer Name}` ? Name : never) : never;

/** Puts the command menu into Telegram, in every language; English for phones in any other. */
export async function publishCommands(api: Pick<TelegramApi, "setMyCommands">): Promise<void> {
  for (const language of LANGUAGES) {
    const words = wordsIn(language);
    const commands = COMMANDS.map((command) => ({ command, description: words.say(`command.${command}`) }));
    await api.setMyCommands({ commands, ...(language === "en" ? {} : { language_code: language }) });
  }
}
