/** Telegram's published limits: about one message a second in a chat (short bursts pass), thirty a second in all. */
const CHAT = { burst: 3, perSecond: 1 };
const ALL = { burst: 30, perSecond: 30 };
/** Chats remembered at once. */
const MAX_CHATS = 1000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts what a bot sends. */
export interface FloodGate {
  /** Whole seconds to wait before a send to this chat may pass; 0: it was counted and passes. */
  admit(chatId: number): number;
}

export function createFloodGate(nowMs: () => number = Date.now): FloodGate {
  const all: Bucket = { tokens: ALL.burst, at: nowMs() };
  const chats = new Map<number, Bucket>();
  return {
    admit(chatId) {
      const chat = chats.get(chatId) ?? { tokens: CHAT.burst, at: nowMs() };
      chats.delete(chatId);
      chats.set(chatId, chat);
      if (chats.size > MAX_CHATS) chats.delete(chats.keys().next().value ?? chatId);
      refill(chat, CHAT, nowMs());
      refill(all, ALL, nowMs());
      const waitSeconds = Math.max((1 - chat.tokens) / CHAT.perSecond, (1 - all.tokens) / ALL.perSecond);
      if (waitSeconds > 0) return Math.ceil(waitSeconds);
      chat.tokens -= 1;
      all.tokens -= 1;
      return 0;
    },
  };
}

function refill(bucket: Bucket, rate: typeof CHAT, now: number): void {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
  bucket.at = now;
}
