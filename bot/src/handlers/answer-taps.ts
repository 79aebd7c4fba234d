import type { Logger } from "@refrain/mesh";
import { Composer } from "gramio";
import { describeError } from "../describe-error.js";
import type { Handlers } from "./handlers.js";

/** Answers every tap while its handler works, so that no button ever spins. Comes first. */
export function answerTaps({ logger }: { logger: Logger }): Handlers {
  return new Composer({ name: "answer taps" }).on("callback_query", async (context, next) => {
    // A tap from before a restart is too old to be answered, and still gets what it asked for.
    const unanswered = (error: unknown) => logger.debug({ error: describeError(error) }, "tap not answered");
    await Promise.all([context.answer().catch(unanswered), next()]);
  });
}
