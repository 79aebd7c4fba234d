import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { menuScreen } from "../views/menu.js";
import type { Handlers } from "./handlers.js";

/** `/start`: a welcome, and the menu instead of the phone's keyboard. */
export function start({ api, listenerOf }: { api: Pick<TelegramApi, "sendMessage">; listenerOf: ListenerOf }): Handlers {
  return new Composer({ name: "start" }).command("start", async (context) => {
    const { chatId, words } = await listenerOf(context);
    await sendScreen(api, chatId, menuScreen(words, words.say("welcome")));
  });
}
