import { ConfigError, followAsyncWork, serveHttp, startTracing, type Logger, type StartedService } from "@refrain/mesh";
import type { Bot } from "gramio";
import { addHandlers, createBot } from "./bot.js";
import { systemClock, type Clock } from "./clock.js";
import type { Config } from "./config.js";
import { describeError } from "./describe-error.js";
import { createMusicFiles } from "./downloads/music-files.js";
import { createFeatures } from "./features.js";
import { healthOf, probeAtStart } from "./health.js";
import { showQueues } from "./metrics.js";
import { introduce } from "./introduce.js";
import { createLanes } from "./polling/lanes.js";
import { Poller } from "./polling/poller.js";
import { traceUpdates } from "./polling/trace-update.js";
import { ALLOWED_UPDATES } from "./polling/update.js";
import type { Services } from "./services.js";
import { isBadToken } from "./telegram/call-errors.js";
import { withSignal } from "./telegram/call-policy.js";
import { VERSION } from "./version.js";

const LONG_POLL_SECONDS = 30;
/** Nobody is in the middle of a call to the bot's own doors. */
const STOP_TIMES = { graceMs: 0, drainMs: 200 };

export interface StartBotOptions {
  readonly config: Config;
  readonly services: Services;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Starts the bot. Music, storage or Telegram not answering stops nothing: it goes on and says so.
 *
 * @throws ConfigError when Telegram does not know the token
 */
export async function startBot(options: StartBotOptions): Promise<StartedService> {
  const { config, services, logger, clock = systemClock } = options;
  // What an update sets in motion goes on beside its lane, and all of it belongs to the update's trace.
  await followAsyncWork();
  const tracing = await startTracing({ service: "bot", version: VERSION, enabled: config.traces, logger });
  const stop = new AbortController();
  const calls = new AbortController();
  const bot = createBot({ ...config.telegram, clock, logger, stop: calls.signal });
  await checkToken(bot, logger);

  const files = await createMusicFiles({
    baseUrl: config.music.filesUrl,
    key: config.music.key,
    tls: config.tls,
    folder: config.temporaryFolder,
  });
  const botId = config.telegram.token.split(":")[0] ?? "";
  const features = createFeatures({ api: bot.api, botId, services, files, uploadSlots: config.uploadSlots, clock, logger });
  addHandlers(bot, features, logger);
  const poller = pollerOf(bot, clock, logger);
  showQueues(() => poller.pending(), features.uploadsWaiting);
  const doors = await serveHttp({
    name: "bot",
    version: VERSION,
    host: config.host,
    ports: config.ports,
    tls: config.tls,
    capacity: config.capacity,
    logger,
    health: () => healthOf(services, poller),
    stop: STOP_TIMES,
  });

  const work = Promise.all([poller.run(stop.signal), introduce({ bot, clock, logger }, stop.signal)]);
  // Listeners are served already; whoever waits for "ready" wants the services connected, if they are there.
  await probeAtStart(services, logger);
  return {
    addresses: doors.addresses,
    logger,
    async close() {
      stop.abort(new DOMException("the bot stops", "AbortError"));
      services.music.close();
      services.storage.close();
      const closing = Promise.all([features.close(), doors.close()]);
      // The poller's last call confirms what was handled; then nothing may hold on any more.
      await work;
      calls.abort(new DOMException("the bot stops", "AbortError"));
      await closing;
      await files.close();
      await tracing.stop();
    },
  };
}

/** Learns the bot's name, by which commands in groups are told apart. Without an answer the bot starts all the same. */
async function checkToken(bot: Bot, logger: Logger): Promise<void> {
  try {
    await withSignal(AbortSignal.timeout(5_000), () => bot.init());
  } catch (error) {
    if (isBadToken(error)) throw new ConfigError("BOT_TOKEN", "is not known to Telegram", "123456:secret-from-BotFather");
    logger.warn({ error: describeError(error) }, "⚠️ Telegram does not answer: trying on");
  }
}

function pollerOf(bot: Bot, clock: Clock, logger: Logger): Poller {
  return new Poller({
    getUpdates: (offset, wait, signal) =>
      withSignal(signal, () =>
        bot.api.getUpdates({ offset, timeout: wait ? LONG_POLL_SECONDS : 0, allowed_updates: [...ALLOWED_UPDATES] }),
      ),
    handle: traceUpdates((update) => bot.updates.handleUpdate(update)),
    lanes: createLanes({ clock, logger }),
    clock,
    logger,
  });
}
