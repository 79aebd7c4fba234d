import { Composer } from "gramio";
import type { Languages } from "../languages.js";
import { LANGUAGES, wordsIn } from "../i18n/words.js";
import type { ListenerOf } from "../listener.js";
import type { OpenMenu } from "../menu.js";
import type { Runner } from "../runner.js";
import { sendScreen, type TelegramApi } from "../telegram/messages.js";
import { pattern } from "../views/buttons.js";
import { menuScreen } from "../views/menu.js";
import { tapOrigin, type Handlers } from "./handlers.js";

interface LanguageOptions {
  readonly api: Pick<TelegramApi, "sendMessage">;
  readonly listenerOf: ListenerOf;
  readonly languages: Pick<Languages, "choose">;
  readonly openMenu: OpenMenu;
  readonly runner: Pick<Runner, "start">;
}

/** `/lang` and its buttons. The answer brings the menu in the new language. */
export function language({ api, listenerOf, languages, openMenu, runner }: LanguageOptions): Handlers {
  return new Composer({ name: "language" })
    .command("lang", async (context) => openMenu(await listenerOf(context), "language"))
    .callbackQuery(pattern.language, async (context) => {
      const { chatId, userId } = await listenerOf(tapOrigin(context));
      const chosen = LANGUAGES.find((one) => one === context.queryData[1]) ?? "en";
      const words = wordsIn(chosen);
      runner.start("choose language", async () => {
        const kept = await languages.choose(userId, chosen);
        await sendScreen(api, chatId, menuScreen(words, words.say(kept ? "language.done" : "language.not_kept")));
      });
    });
}
