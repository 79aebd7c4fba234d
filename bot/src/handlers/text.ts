import { Composer } from "gramio";
import type { Collection } from "../collection/collection.js";
import type { Listener, ListenerOf } from "../listener.js";
import type { OpenMenu } from "../menu.js";
import type { Prompt, Prompts } from "../prompts.js";
import { readQuery } from "../search/read-query.js";
import type { SearchText } from "../search/search-text.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { menuItemOf } from "../views/menu.js";
import type { Handlers } from "./handlers.js";

interface TextOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly listenerOf: ListenerOf;
  readonly openMenu: OpenMenu;
  readonly prompts: Pick<Prompts, "take">;
  readonly searchText: SearchText;
  readonly collection: Pick<Collection, "open">;
}

/** Messages that are no command of ours: menu buttons, answers to a question, and everything else is a search. */
export function text(options: TextOptions): Handlers {
  const { api, listenerOf, openMenu, prompts } = options;
  return new Composer({ name: "text" }).on("message", async (context) => {
    const listener = await listenerOf(context);
    const written = context.text;
    if (written === undefined) {
      if (!listener.isPrivate) return;
      return void (await sendScreen(api, listener.chatId, { text: listener.words.say("search.text_only") }));
    }
    // In groups, commands without our name may be meant for another bot.
    if (written.startsWith("/")) {
      if (!listener.isPrivate) return;
      return void (await sendScreen(api, listener.chatId, { text: listener.words.say("command.unknown") }));
    }
    const prompt = prompts.take(listener, context.replyMessage?.text);
    const item = menuItemOf(written);
    if (item) return openMenu(listener, item);
    // Where people talk to each other, only answers to our questions are for us.
    if (!listener.isPrivate && !prompt) return;
    return answer(options, listener, prompt, written);
  });
}

async function answer(
  { searchText, collection }: TextOptions,
  listener: Listener,
  prompt: Prompt | undefined,
  written: string,
): Promise<void> {
  if (prompt !== "filter") return searchText(listener, prompt === "artist" ? "artist" : "query", written);
  const query = readQuery(written);
  return query.kind === "text" ? collection.open(listener, query.text) : searchText(listener, "query", written);
}
