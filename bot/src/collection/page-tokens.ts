import { LRUCache } from "lru-cache";
import type { Place } from "../telegram/messages.js";

const KEPT_LISTS = 2_000;

/** How to reach the pages of one list message. */
export interface OpenList {
  readonly filter: string;
  /** Token of page n + 1 at index n: page tokens are longer than a button's 64 bytes. */
  readonly tokens: string[];
}

/** The lists that are open, by message and listener. One that was forgotten starts again at its first page, unfiltered. */
export interface PageTokens {
  start(place: Place, userId: string, filter: string): void;
  of(place: Place, userId: string): OpenList;
}

export function createPageTokens(): PageTokens {
  const lists = new LRUCache<string, OpenList>({ max: KEPT_LISTS });
  // In a group, everybody who taps turns the pages of their own music.
  const keyOf = ({ chatId, messageId }: Place, userId: string) => `${chatId}:${messageId}:${userId}`;

  function start(place: Place, userId: string, filter: string): OpenList {
    const list = { filter, tokens: [] };
    lists.set(keyOf(place, userId), list);
    return list;
  }

  return { start, of: (place, userId) => lists.get(keyOf(place, userId)) ?? start(place, userId, "") };
}
