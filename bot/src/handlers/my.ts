import { Composer } from "gramio";
import type { Collection } from "../collection/collection.js";
import type { ListenerOf } from "../listener.js";
import type { Prompts } from "../prompts.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { button, pattern } from "../views/buttons.js";
import { tapOrigin, tappedPlace, type Handlers } from "./handlers.js";

interface MyOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly listenerOf: ListenerOf;
  readonly collection: Collection;
  readonly prompts: Pick<Prompts, "ask">;
}

/** `/my` and the buttons of My music: pages, edit mode, remove, find. */
export function my({ api, listenerOf, collection, prompts }: MyOptions): Handlers {
  return new Composer({ name: "my" })
    .command("my", async (context) => collection.open(await listenerOf(context)))
    .callbackQuery(pattern.collection, async (context) => {
      const place = tappedPlace(context);
      const listener = await listenerOf(tapOrigin(context));
      const [, mode, page] = context.queryData;
      if (!place) return collection.open(listener);
      return collection.turn(listener, place, Number(page), mode === "e");
    })
    .callbackQuery(pattern.remove, async (context) => {
      const place = tappedPlace(context);
      const listener = await listenerOf(tapOrigin(context));
      const [, page, id = ""] = context.queryData;
      if (!place) return collection.open(listener);
      return collection.remove(listener, place, id, Number(page));
    })
    .callbackQuery(button.find, async (context) => {
      const listener = await listenerOf(tapOrigin(context));
      await sendScreen(api, listener.chatId, prompts.ask(listener, "filter"));
    });
}
