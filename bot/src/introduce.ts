import type { Logger } from "@refrain/mesh";
import type { Bot } from "gramio";
import type { Clock } from "./clock.js";
import { publishCommands } from "./commands.js";
import { describeError } from "./describe-error.js";
import { withSignal } from "./telegram/call-policy.js";

const NEXT_TRY_MS = 30_000;

export interface IntroduceOptions {
  readonly bot: Bot;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Learns the bot's own name and sets its command menu, as soon as Telegram answers. Never rejects. */
export async function introduce({ bot, clock, logger }: IntroduceOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await withSignal(signal, async () => {
        await bot.init();
        await publishCommands(bot.api);
      });
    } catch (error) {
      if (signal.aborted) return;
      logger.debug({ error: describeError(error) }, "command menu not set yet");
      await clock.wait(NEXT_TRY_MS, signal).catch(() => undefined); // stopped
    }
  }
}
