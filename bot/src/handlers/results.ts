import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import { readQuery } from "../search/read-query.js";
import type { ResultPages } from "../search/result-pages.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { button, pattern } from "../views/buttons.js";
import { searchedText } from "../views/results.js";
import { tapOrigin, tappedPlace, type Handlers } from "./handlers.js";

interface ResultsOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly listenerOf: ListenerOf;
  readonly pages: Pick<ResultPages, "turn">;
}

/** The arrows under results. The message says what was searched, so arrows of any age work. */
export function results({ api, listenerOf, pages }: ResultsOptions): Handlers {
  return new Composer({ name: "results" })
    .callbackQuery(button.nothing, () => undefined)
    .callbackQuery(pattern.results, async (context) => {
      const listener = await listenerOf(tapOrigin(context));
      const place = tappedPlace(context);
      const query = readQuery(searchedText(context.message?.text) ?? "");
      const [, kind, page] = context.queryData;
      if (place && query.kind === "text") {
        return pages.turn(listener, place, { kind: kind === "a" ? "artist" : "query", text: query.text }, Number(page));
      }
      await sendScreen(api, listener.chatId, { text: listener.words.say("button.old") });
    });
}
