import type { Collection } from "./collection/collection.js";
import type { Listener } from "./listener.js";
import type { Prompts } from "./prompts.js";
import { sendScreen, type TelegramApi } from "./telegram/messages.js";
import type { MenuItem } from "./views/buttons.js";
import { inlineMenuScreen, languageScreen } from "./views/menu.js";

/** Does what a menu button says, wherever the button is: under a message or instead of the phone's keyboard. */
export type OpenMenu = (listener: Listener, item: MenuItem) => Promise<void>;

export interface OpenMenuOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly prompts: Pick<Prompts, "ask">;
  readonly collection: Pick<Collection, "open">;
}

export function createOpenMenu({ api, prompts, collection }: OpenMenuOptions): OpenMenu {
  return async (listener, item) => {
    const { chatId, words } = listener;
    switch (item) {
      case "search":
        return void (await sendScreen(api, chatId, prompts.ask(listener, "play")));
      case "artist":
        return void (await sendScreen(api, chatId, prompts.ask(listener, "artist")));
      case "collection":
        return collection.open(listener);
      case "language":
        return void (await sendScreen(api, chatId, languageScreen(words)));
      case "help":
        return void (await sendScreen(api, chatId, inlineMenuScreen(words, words.say("help"))));
    }
  };
}
