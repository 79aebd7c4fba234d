import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { inlineMenuScreen } from "../views/menu.js";
import { tapOrigin, type Handlers } from "./handlers.js";

/** Whatever no other handler knows: buttons of an older bot, or forged ones. Comes last. */
export function oldButtons({ api, listenerOf }: { api: Pick<TelegramApi, "sendMessage">; listenerOf: ListenerOf }): Handlers {
  return new Composer({ name: "old buttons" }).on("callback_query", async (context) => {
    const { chatId, words } = await listenerOf(tapOrigin(context));
    await sendScreen(api, chatId, inlineMenuScreen(words, words.say("button.old")));
  });
}
