import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import type { OpenMenu } from "../menu.js";
import { MENU_ITEMS, pattern } from "../views/buttons.js";
import { tapOrigin, type Handlers } from "./handlers.js";

/** Menu buttons under a message. */
export function menu({ listenerOf, openMenu }: { listenerOf: ListenerOf; openMenu: OpenMenu }): Handlers {
  return new Composer({ name: "menu" }).callbackQuery(pattern.menu, async (context) => {
    const item = MENU_ITEMS.find((one) => one === context.queryData[1]);
    if (item) await openMenu(await listenerOf(tapOrigin(context)), item);
  });
}
