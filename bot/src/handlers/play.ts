import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import type { OpenMenu } from "../menu.js";
import type { SearchText } from "../search/search-text.js";
import type { Handlers } from "./handlers.js";

interface PlayOptions {
  readonly listenerOf: ListenerOf;
  readonly openMenu: OpenMenu;
  readonly searchText: SearchText;
}

/** `/play QUERY` and `/artist NAME`: search; without words, ask for them. */
export function play({ listenerOf, openMenu, searchText }: PlayOptions): Handlers {
  return new Composer({ name: "play" })
    .command("play", async (context) => {
      const listener = await listenerOf(context);
      return context.args ? searchText(listener, "query", context.args) : openMenu(listener, "search");
    })
    .command("artist", async (context) => {
      const listener = await listenerOf(context);
      return context.args ? searchText(listener, "artist", context.args) : openMenu(listener, "artist");
    });
}
