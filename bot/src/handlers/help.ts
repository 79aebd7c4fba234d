import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import type { OpenMenu } from "../menu.js";
import type { Handlers } from "./handlers.js";

/** `/help`: what the bot can do. */
export function help({ listenerOf, openMenu }: { listenerOf: ListenerOf; openMenu: OpenMenu }): Handlers {
  return new Composer({ name: "help" }).command("help", async (context) => openMenu(await listenerOf(context), "help"));
}
