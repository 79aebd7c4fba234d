import { Composer } from "gramio";
import type { Downloads } from "../downloads/downloads.js";
import type { ListenerOf } from "../listener.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import type { Handlers } from "./handlers.js";

interface CancelOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly listenerOf: ListenerOf;
  readonly downloads: Pick<Downloads, "cancelAll">;
}

/** `/cancel`: ends the chat's downloads. What the bot has asked for is forgotten as with every command. */
export function cancel({ api, listenerOf, downloads }: CancelOptions): Handlers {
  return new Composer({ name: "cancel" }).command("cancel", async (context) => {
    const listener = await listenerOf(context);
    const count = downloads.cancelAll(listener.chatId);
    const text = count > 0 ? listener.words.say("cancel.done", { count }) : listener.words.say("cancel.nothing");
    await sendScreen(api, listener.chatId, { text });
  });
}
