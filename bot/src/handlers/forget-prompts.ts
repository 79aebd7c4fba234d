import { Composer } from "gramio";
import type { ListenerOf } from "../listener.js";
import type { Prompts } from "../prompts.js";
import type { Handlers } from "./handlers.js";

interface ForgetPromptsOptions {
  readonly listenerOf: ListenerOf;
  readonly prompts: Pick<Prompts, "take">;
}

/** A command instead of an answer: the question is forgotten, so that a later text is not taken for its answer. */
export function forgetPrompts({ listenerOf, prompts }: ForgetPromptsOptions): Handlers {
  return new Composer({ name: "forget prompts" }).on("message", async (context, next) => {
    if (context.text?.startsWith("/")) prompts.take(await listenerOf(context));
    return next();
  });
}
