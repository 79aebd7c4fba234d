import { randomBytes } from "node:crypto";
import type { User } from "../shapes/bot-api.js";
import { createFloodGate, type FloodGate } from "./flood-gate.js";
import type { SavedBot, SavedChat } from "./saved-state.js";
import { createUpdateQueue, type UpdateQueue } from "./update-queue.js";

/** A pressed button that waits for its answer. */
interface OpenQuery {
  id: string;
  userId: number;
  /** Unix milliseconds. */
  askedAt: number;
}

/** Telegram forgets a press after a while: its answer then comes too late. */
const QUERY_LIFE_MS = 60_000;
const MAX_OPEN_QUERIES = 500;

/** One bot: what is kept of it, and what lives in memory. */
export interface BotAccount {
  readonly saved: SavedBot;
  readonly user: User & { username: string };
  readonly updates: UpdateQueue;
  readonly flood: FloodGate;
  /** Names this bot in its callback queries. */
  readonly chatInstance: string;
  openQuery(userId: number): OpenQuery;
  /** Ends a query; undefined when there is none, it was answered, or it is too old. */
  closeQuery(id: string): OpenQuery | undefined;
  chat(userId: number): SavedChat | undefined;
  /** The chat, begun now if need be. */
  openChat(userId: number): SavedChat;
  /** Ends webhook deliveries when there are some. */
  stopWebhook: (() => void) | undefined;
}

export function createBotAccount(saved: SavedBot, repeats: () => boolean, changed: () => void): BotAccount {
  const queries = new Map<string, OpenQuery>();
  return {
    saved,
    user: { id: saved.id, is_bot: true, first_name: saved.profile["name:"] ?? "Refrain", username: "refrain_playground_bot" },
    updates: createUpdateQueue(saved, repeats, changed),
    flood: createFloodGate(),
    chatInstance: BigInt(`0x${randomBytes(7).toString("hex")}`).toString(),
    stopWebhook: undefined,
    openQuery(userId) {
      const id = BigInt(`0x${randomBytes(7).toString("hex")}`).toString();
      const query = { id, userId, askedAt: Date.now() };
      queries.set(id, query);
      if (queries.size > MAX_OPEN_QUERIES) queries.delete(queries.keys().next().value ?? id);
      return query;
    },
    closeQuery(id) {
      const query = queries.get(id);
      queries.delete(id);
      return query !== undefined && Date.now() - query.askedAt <= QUERY_LIFE_MS ? query : undefined;
    },
    chat: (userId) => saved.chats[userId],
    openChat: (userId) => (saved.chats[userId] ??= emptyChat(userId)),
  };
}

/** A bot that was never seen. Its update ids begin at the clock, so they rise even when the folder was emptied. */
export function newBot(token: string, id: number): SavedBot {
  const nextUpdateId = Math.floor(Date.now() / 1000);
  return { token, id, nextUpdateId, pending: [], commands: [], profile: {}, chats: {} };
}

function emptyChat(userId: number): SavedChat {
  return { userId, nextMessageId: 1, messages: [], keyboard: null, forceReply: null, blocked: false };
}
