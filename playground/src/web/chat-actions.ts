import type { Feed } from "../model/feed.js";

/** Telegram shows an action for five seconds, or until a message comes. */
const SHOWN_MS = 5000;

/** What the bot is seen doing in each chat. */
export interface ChatActions {
  /** The running action of this person's chat, such as `typing`. */
  current(userId: number): string | null;
}

export function followChatActions(feed: Feed): ChatActions {
  const running = new Map<number, { action: string; until: number }>();
  feed.subscribe((event) => {
    if (event.type === "action") running.set(event.user_id, { action: event.action, until: Date.now() + SHOWN_MS });
    if (event.type === "message" && event.message.from.is_bot) running.delete(event.user_id);
  });
  return {
    current(userId) {
      const found = running.get(userId);
      return found !== undefined && found.until > Date.now() ? found.action : null;
    },
  };
}
