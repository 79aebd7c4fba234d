import { Composer } from "gramio";
import type { Downloads } from "../downloads/downloads.js";
import type { ListenerOf } from "../listener.js";
import { editScreen, sendScreen, type TelegramApi } from "../telegram/messages.js";
import { pattern } from "../views/buttons.js";
import { interruptedCard } from "../views/card.js";
import { tapOrigin, tappedPlace, type Handlers } from "./handlers.js";

interface TracksOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText">;
  readonly listenerOf: ListenerOf;
  readonly downloads: Pick<Downloads, "start" | "cancel">;
}

/** Taps on a track, and the buttons of its card. */
export function tracks({ api, listenerOf, downloads }: TracksOptions): Handlers {
  return new Composer({ name: "tracks" })
    .callbackQuery(pattern.track, async (context) => {
      const listener = await listenerOf(tapOrigin(context));
      if (downloads.start(listener, context.queryData[1] ?? "") !== "too many") return;
      await sendScreen(api, listener.chatId, { text: listener.words.say("download.overload") });
    })
    .callbackQuery(pattern.retry, async (context) => {
      const listener = await listenerOf(tapOrigin(context));
      if (downloads.start(listener, context.queryData[1] ?? "", tappedPlace(context)) !== "too many") return;
      await sendScreen(api, listener.chatId, { text: listener.words.say("download.overload") });
    })
    .callbackQuery(pattern.cancel, async (context) => {
      const listener = await listenerOf(tapOrigin(context));
      const key = context.queryData[1] ?? "";
      const place = tappedPlace(context);
      // A card without a download is from before a restart.
      if (downloads.cancel(listener.chatId, key) || !place) return;
      await editScreen(api, place, interruptedCard(listener.words, key));
    });
}
