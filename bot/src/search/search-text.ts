import type { Listener } from "../listener.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import type { SearchKind } from "../views/buttons.js";
import { MAX_QUERY, readQuery } from "./read-query.js";
import type { ResultPages } from "./result-pages.js";

/** Searches for what a listener wrote, or says why not. */
export type SearchText = (listener: Listener, kind: SearchKind, raw: string) => Promise<void>;

export interface SearchTextOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly pages: Pick<ResultPages, "open">;
}

export function createSearchText({ api, pages }: SearchTextOptions): SearchText {
  return async (listener, kind, raw) => {
    const { chatId, words } = listener;
    const query = readQuery(raw);
    switch (query.kind) {
      case "text":
        return pages.open(listener, { kind, text: query.text });
      case "empty":
        return void (await sendScreen(api, chatId, { text: words.say("search.text_only") }));
      case "link":
        return void (await sendScreen(api, chatId, { text: words.say("search.link") }));
      case "too long":
        return void (await sendScreen(api, chatId, { text: words.say("search.too_long", { limit: MAX_QUERY }) }));
    }
  };
}
