import type { Logger } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import type { Listener } from "../listener.js";
import type { Runner } from "../runner.js";
import type { Place, TelegramApi } from "../telegram/messages.js";
import { createCard } from "./card.js";
import type { Deliver } from "./delivery.js";
import { CANCELLED, type Order } from "./order.js";

/** More at once in one chat would only bury it in cards. */
const MAX_PER_CHAT = 10;

/** The downloads that run now. */
export interface Downloads {
  /**
   * Starts to bring a track, unless it is on its way to this chat already.
   *
   * @param place message to turn into the card; default: a new one
   */
  start(listener: Listener, key: string, place?: Place): "started" | "running" | "too many";
  /** Ends one download of a chat. False: there is none. */
  cancel(chatId: number, key: string): boolean;
  /** Ends all downloads of a chat and says how many there were. */
  cancelAll(chatId: number): number;
}

export interface DownloadsOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText" | "deleteMessage">;
  readonly deliver: Deliver;
  readonly runner: Pick<Runner, "start">;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Running {
  readonly chatId: number;
  readonly userId: string;
  readonly key: string;
  readonly cancelled: AbortController;
}

export function createDownloads({ api, deliver, runner, clock, logger }: DownloadsOptions): Downloads {
  const running = new Map<string, Running>();
  const idOf = (chatId: number, key: string) => `${chatId}:${key}`;
  const inChat = (chatId: number) => [...running.values()].filter((one) => one.chatId === chatId);

  function order(listener: Listener, key: string, place: Place | undefined, self: Running): Order {
    const elsewhere = (one: Running) => one !== self && one.key === key && one.userId === self.userId;
    const card = createCard({ api, chatId: listener.chatId, place, clock, logger });
    return { listener, key, card, wantedElsewhere: () => [...running.values()].some(elsewhere) };
  }

  /** Runs a delivery that ends with the bot or with the listener's ✖. */
  async function run(self: Running, work: Order, stop: AbortSignal): Promise<void> {
    const follow = () => self.cancelled.abort(stop.reason);
    stop.addEventListener("abort", follow, { once: true });
    try {
      await deliver(work, self.cancelled.signal);
    } finally {
      stop.removeEventListener("abort", follow);
      running.delete(idOf(self.chatId, self.key));
    }
  }

  return {
    start(listener, key, place) {
      const { chatId, userId } = listener;
      const id = idOf(chatId, key);
      if (running.has(id)) return "running";
      if (inChat(chatId).length >= MAX_PER_CHAT) return "too many";
      const self = { chatId, userId, key, cancelled: new AbortController() };
      const work = order(listener, key, place, self);
      if (!runner.start("download", (stop) => run(self, work, stop))) return "too many";
      running.set(id, self);
      return "started";
    },
    cancel(chatId, key) {
      const one = running.get(idOf(chatId, key));
      one?.cancelled.abort(CANCELLED);
      return one !== undefined;
    },
    cancelAll(chatId) {
      const all = inChat(chatId);
      for (const one of all) one.cancelled.abort(CANCELLED);
      return all.length;
    },
  };
}
