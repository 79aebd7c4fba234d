import { Composer } from "gramio";
import type { Downloads } from "../downloads/downloads.js";
import type { Listener, ListenerOf } from "../listener.js";
import { editScreen, sendScreen, type Place, type TelegramApi } from "../telegram/messages.js";
import { pattern } from "../views/buttons.js";
import { interruptedCard } from "../views/card.js";
import { tapOrigin, tappedPlace, type Handlers } from "./handlers.js";

interface TracksOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText">;
  readonly listenerOf: ListenerOf;
  readonly downloads: Pick<Downloads, "start" | "cancel">;
}

/** Taps on a track, and the buttons of its card. */
export function tracks(options: TracksOptions): Handlers {
  const { api, listenerOf, downloads } = options;
  return new Composer({ name: "tracks" })
    .callbackQuery(pattern.track, async (context) => {
      await begin(options, await listenerOf(tapOrigin(context)), context.queryData[1] ?? "");
    })
    .callbackQuery(pattern.retry, async (context) => {
      await begin(options, await listenerOf(tapOrigin(context)), context.queryData[1] ?? "", tappedPlace(context));
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

/** Starts a download; `place` is a card that failed and is to be used again. */
async function begin({ api, downloads }: TracksOptions, listener: Listener, key: string, place?: Place): Promise<void> {
  if (downloads.start(listener, key, place) !== "too many") return;
  await sendScreen(api, listener.chatId, { text: listener.words.say("download.overload") });
}
