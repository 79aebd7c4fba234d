import type { Logger } from "@refrain/mesh";
import { Bot } from "gramio";
import type { Clock } from "./clock.js";
import { describeError } from "./describe-error.js";
import type { Features } from "./features.js";
import { answerTaps } from "./handlers/answer-taps.js";
import { cancel } from "./handlers/cancel.js";
import { forgetPrompts } from "./handlers/forget-prompts.js";
import { help } from "./handlers/help.js";
import { language } from "./handlers/language.js";
import { menu } from "./handlers/menu.js";
import { my } from "./handlers/my.js";
import { oldButtons } from "./handlers/old-buttons.js";
import { play } from "./handlers/play.js";
import { results } from "./handlers/results.js";
import { start } from "./handlers/start.js";
import { text } from "./handlers/text.js";
import { tracks } from "./handlers/tracks.js";
import { updateErrors } from "./metrics.js";
import { callPolicy, fetchOptions } from "./telegram/call-policy.js";

export interface BotOptions {
  readonly token: string;
  /** A Bot API server, without a slash at the end. */
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fires when the bot stops: ends every call to Telegram. */
  readonly stop: AbortSignal;
}

/** gramio's bot with our way of calling Telegram. It handles nothing yet. */
export function createBot({ token, apiUrl, clock, logger, stop }: BotOptions): Bot {
  // Our texts are plain, with entities of our own: gramio's formatting would only copy the parameters of every call.
  return new Bot(token, { api: { baseURL: `${apiUrl}/bot`, fetchOptions }, plugins: { format: false } })
    .onApiCall(callPolicy({ clock, logger, stop, token }))
    .onError(({ error }) => {
      updateErrors.inc();
      logger.warn({ error: describeError(error) }, "an update could not be handled");
    });
}

/** Gives the bot its handlers. The first that knows an update takes it, so the two that take everything come last. */
export function addHandlers(bot: Bot, features: Features, logger: Logger): void {
  const handlers = [
    answerTaps({ logger }),
    forgetPrompts(features),
    start(features),
    help(features),
    play(features),
    my(features),
    language(features),
    cancel(features),
    menu(features),
    results(features),
    tracks(features),
    text(features),
    oldButtons(features),
  ];
  // "scoped": otherwise gramio runs a composer on its own and goes on to the next, whether it took the update or not.
  for (const one of handlers) bot.extend(one.as("scoped"));
}
